#pragma once

#include <memory>
#include <span>

#include "config/settings.h"
#include "upstream/balancing/member.h"

namespace outrigger::upstream {

// How one of several candidates is chosen. Thread: its worker.
class Policy {
 public:
  virtual ~Policy() = default;
  // The members of the upstream changed; they stay where they are until the next call.
  virtual void set_members(std::span<Member> /*members*/) {}
  // One of `from`, which is not empty and is stamped.
  virtual Member& choose(const Candidates& from, const PickContext& context) = 0;
  // How often to ask for one of all before the members that can't be used are sorted out. 0: an answer that is not used
  // would count.
  virtual int draws() const { return 1; }
};

std::unique_ptr<Policy> make_policy(const config::LoadBalancing& settings);

}  // namespace outrigger::upstream
