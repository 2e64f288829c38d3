#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "config/settings.h"
#include "upstream/endpoint.h"
#include "upstream/gates.h"

namespace outrigger::upstream {

// An endpoint as one upstream sees it.
struct Member {
  std::shared_ptr<Endpoint> endpoint;
  std::shared_ptr<const Gates> gates;
  std::uint32_t weight = 1;    // 0: never chosen
  std::uint32_t priority = 0;  // the lowest that may be picked serves
  std::int64_t credit = 0;     // of round robin
};

// Serial numbers of the endpoints that a request already tried in vain.
using Tried = std::span<const std::uint64_t>;

// Chooses among the members of an upstream by its policy and their weights. Left out are members without an address and
// those whose gates say no. The others in this order: by gates that say yes before those that say avoid, not yet tried
// before tried, then by priority. Thread: its worker.
class Balancer {
 public:
  struct Choice {
    const Member* member = nullptr;  // null: none. Valid until the members change
    bool is_refused = false;         // none, because gates said no
  };

  explicit Balancer(config::BalancePolicy policy) : policy_(policy) {}

  void set_members(std::vector<Member> members);
  const std::vector<Member>& members() const { return members_; }
  // Cost: constant for `least_request` and `random` with equal weights while all is well, else one pass over the
  // members. Allocates nothing once warm.
  Choice pick(Tried tried, Instant now);
  // Is there a member that can be picked and is not in `tried`?
  bool has_usable(Tried tried, Instant now) const;

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
  const Member* draw(Instant now) const;
  bool collect(Tried tried, Instant now);

  config::BalancePolicy policy_;
  std::vector<Member> members_;
  Candidates first_;  // of the lowest priority
  Candidates left_;   // scratch of a pick
};

}  // namespace outrigger::upstream
