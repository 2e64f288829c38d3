#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "config/settings.h"
#include "upstream/endpoint.h"

namespace outrigger::upstream {

// An endpoint as one upstream sees it.
struct Member {
  std::shared_ptr<Endpoint> endpoint;
  std::uint32_t weight = 1;  // 0: never chosen
  std::int64_t credit = 0;   // of round robin
};

// Serial numbers of the endpoints that a request already tried in vain.
using Tried = std::span<const std::uint64_t>;

// Chooses among the members of an upstream by its policy and their weights. Members without an address are passed over;
// those in `tried` while another is left. Thread: its worker.
class Balancer {
 public:
  explicit Balancer(config::BalancePolicy policy) : policy_(policy) {}

  void set_members(std::vector<Member> members);
  const std::vector<Member>& members() const { return members_; }
  // Null when nothing can be used. Cost: constant for `least_request` and `random` with equal weights while all members
  // are usable, else one pass over the members. Allocates nothing once warm.
  std::shared_ptr<Endpoint> pick(Tried tried);
  // Is there a member that can be used and is not in `tried`?
  bool has_usable(Tried tried = {}) const;

 private:
  // Members that may be chosen, and what they weigh together.
  struct Candidates {
    std::vector<Member*> members;
    std::uint64_t weight = 0;
    bool is_uniform = true;

    void clear();
    void add(Member& member);
    Member& by_weight() const;
  };
  Member* choose(const Candidates& from) const;
  void collect(Tried tried);

  config::BalancePolicy policy_;
  std::vector<Member> members_;
  Candidates all_;
  Candidates left_;  // scratch of a pick
};

}  // namespace outrigger::upstream
