#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "filters/circuit_breaker/breaker_state.h"
#include "filters/conditions.h"
#include "outrigger/filter.h"
#include "outrigger/units.h"

namespace outrigger::filters {

struct SlowCallOptions {
  Duration over{};
  Share rate{0.5};
};
void describe(config::Schema<SlowCallOptions>& schema);

struct CircuitBreakerOptions {
  Share failure_rate{0.5};
  Duration window = std::chrono::seconds(10);
  int min_requests = 20;
  int connect_failures = 5;
  std::optional<SlowCallOptions> slow_call;
  Duration open_for = std::chrono::seconds(5);
  Duration max_open = std::chrono::seconds(60);
  int probes = 3;
  BreakerReset reset = BreakerReset::timed;
  std::vector<std::string> failures = {"5xx", "connect-failure", "reset", "timeout"};
};
void describe(config::Schema<CircuitBreakerOptions>& schema);

// Answers at once while the service fails, so that it can recover and nobody waits for it.
// Thread: one instance per worker; the state is shared.
class CircuitBreaker : public Filter {
 public:
  CircuitBreaker(const CircuitBreakerOptions& options, std::shared_ptr<BreakerState> state)
      : failures_(options.failures), state_(std::move(state)) {}
  Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  Response refuse(Exchange& exchange) const;

  Conditions failures_;
  std::shared_ptr<BreakerState> state_;
};

extern const FilterType kCircuitBreakerType;

}  // namespace outrigger::filters
