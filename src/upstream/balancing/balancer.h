#pragma once

#include <memory>
#include <vector>

#include "config/settings.h"
#include "upstream/balancing/member.h"
#include "upstream/balancing/policy.h"

namespace outrigger::upstream {

// Chooses among the members of an upstream by its policy and their weights. Left out are members without an address and
// those whose gates say no. The others in this order: by gates that say yes before those that say avoid, not yet tried
// before tried, then by priority. Thread: its worker.
class Balancer {
 public:
  struct Choice {
    const Member* member = nullptr;  // null: none. Valid until the members change
    bool is_refused = false;         // none, because gates said no
  };

  explicit Balancer(const config::LoadBalancing& settings, Duration slow_start = {});

  void set_members(std::vector<Member> members);
  const std::vector<Member>& members() const { return members_; }
  // Cost: while all is well that of the policy, else one pass over the members more. Allocates nothing once warm.
  Choice pick(const PickContext& context);
  // Is there a member that can be picked and is not in `tried`?
  bool has_usable(Tried tried, Instant now) const;

 private:
  const Member* draw(const PickContext& context);
  bool collect(const PickContext& context);
  double share(const Member& member, Instant now) const;

  Duration slow_start_;
  std::unique_ptr<Policy> policy_;
  std::vector<Member> members_;
  Candidates first_;  // of the lowest priority
  Candidates left_;   // scratch of a pick
};

}  // namespace outrigger::upstream
