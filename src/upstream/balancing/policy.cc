#include "upstream/balancing/policy.h"

#include "upstream/balancing/hash_policies.h"
#include "upstream/balancing/load_policies.h"

namespace outrigger::upstream {

std::unique_ptr<Policy> make_policy(const config::LoadBalancing& settings) {
  switch (settings.policy) {
    case config::BalancePolicy::round_robin:
      return std::make_unique<RoundRobin>();
    case config::BalancePolicy::random:
      return std::make_unique<RandomPolicy>();
    case config::BalancePolicy::ewma:
      return std::make_unique<PeakEwma>();
    case config::BalancePolicy::first:
      return std::make_unique<FirstPolicy>(settings.spill_over);
    case config::BalancePolicy::ring_hash:
      return std::make_unique<RingHash>(settings.bounded_load);
    case config::BalancePolicy::maglev:
      return std::make_unique<Maglev>(settings.bounded_load);
    case config::BalancePolicy::least_request:
      break;
  }
  return std::make_unique<LeastRequest>();
}

}  // namespace outrigger::upstream
