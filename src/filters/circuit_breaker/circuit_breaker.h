#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
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

enum class BreakerScope : std::uint8_t { upstream, endpoint, route };

struct CircuitBreakerOptions {
  Share failure_rate{0.5};
  Duration window = std::chrono::seconds(10);
  int window_requests = 0;
  int min_requests = 20;
  int connect_failures = 5;
  std::optional<SlowCallOptions> slow_call;
  Duration open_for = std::chrono::seconds(5);
  Duration max_open = std::chrono::seconds(60);
  int probes = 3;
  BreakerReset reset = BreakerReset::timed;
  BreakerScope scope = BreakerScope::upstream;
  std::vector<std::string> failures = {"5xx", "connect-failure", "reset", "timeout"};
  std::vector<std::string> grpc_status;
};
void describe(config::Schema<CircuitBreakerOptions>& schema);

// Answers at once while the service fails, so that it can recover and nobody waits for it.
// Thread: one instance per worker; the states are shared.
class CircuitBreaker : public Filter {
 public:
  // The state for the calls of a route; "" for all, which is the only one asked for unless the scope is `route`.
  using StateOf = std::function<std::shared_ptr<BreakerState>(std::string_view route)>;

  CircuitBreaker(const CircuitBreakerOptions& options, StateOf state_of);
  Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  BreakerState& state(const Exchange& exchange);
  static Response refuse(Exchange& exchange, const BreakerState& state);

  const Conditions failures_;
  const StateOf state_of_;
  std::shared_ptr<BreakerState> state_;  // null when the scope is `route`
  // By the place of the route's name, which the configuration keeps as long as this filter. Few, and found in order of
  // first use.
  std::vector<std::pair<const char*, std::shared_ptr<BreakerState>>> by_route_;
};

extern const FilterType kCircuitBreakerType;

}  // namespace outrigger::filters
