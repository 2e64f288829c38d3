#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "filters/circuit_breaker/breaker_state.h"
#include "filters/conditions.h"
#include "outrigger/endpoint_gate.h"

namespace outrigger::filters {

// Breakers of scope `endpoint`: gates, so that the balancer passes over endpoints whose breaker is open. Thread: its
// worker; the states are shared.
class EndpointBreakers final : public EndpointGateMaker {
 public:
  using StateOf = std::function<std::shared_ptr<BreakerState>(std::string_view endpoint)>;

  EndpointBreakers(Conditions failures, StateOf state_of)
      : failures_(std::make_shared<const Conditions>(std::move(failures))), state_of_(std::move(state_of)) {}
  std::unique_ptr<EndpointGate> make_gate(std::string_view endpoint) override;

 private:
  std::shared_ptr<const Conditions> failures_;  // gates of requests under way may outlive this
  StateOf state_of_;
};

}  // namespace outrigger::filters
