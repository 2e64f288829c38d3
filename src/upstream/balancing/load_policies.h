#pragma once

#include "upstream/balancing/policy.h"

// Policies that go by turns, chance and load.
namespace outrigger::upstream {

// nginx's smooth weighted round robin: the share of each is its weight, and nobody is chosen in bursts.
class RoundRobin final : public Policy {
 public:
  Member& choose(const Candidates& from, const PickContext& context) override;
  int draws() const override { return 0; }
};

class RandomPolicy final : public Policy {
 public:
  Member& choose(const Candidates& from, const PickContext& context) override;
  int draws() const override { return 3; }
};

// Mitzenmacher, "The Power of Two Choices" (2001): the less busy of two. Both are drawn by weight, so that shares are
// right while nothing is busy.
class LeastRequest final : public Policy {
 public:
  Member& choose(const Candidates& from, const PickContext& context) override;
  int draws() const override { return 3; }
};

// Of two, the one whose latency (a moving average that follows every peak at once) times its requests is lower.
class PeakEwma final : public Policy {
 public:
  Member& choose(const Candidates& from, const PickContext& context) override;
  int draws() const override { return 3; }
};

// The first in the file while it has fewer than `spill_over` requests (0: any number), then the next;
// the least busy when all are full.
class FirstPolicy final : public Policy {
 public:
  explicit FirstPolicy(std::uint32_t spill_over) : spill_over_(spill_over == 0 ? UINT32_MAX : spill_over) {}
  Member& choose(const Candidates& from, const PickContext& context) override;

 private:
  std::uint32_t spill_over_;
};

}  // namespace outrigger::upstream
