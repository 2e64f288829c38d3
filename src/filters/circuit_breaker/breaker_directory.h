#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "filters/circuit_breaker/breaker_state.h"

// All breakers of the process, for the admin API and the gauge. Thread: any.
namespace outrigger::filters {

// Puts `state` into the directory and registers its gauge: outrigger_breaker_state, or outrigger_breaker_endpoints for
// all endpoints of an upstream together.
void enlist_breaker(const std::shared_ptr<BreakerState>& state);
std::vector<BreakerInfo> breaker_snapshot();
// Sets every breaker of the upstream, or those of one of its endpoints; false when there is none. `automatic` closes
// and starts counting afresh. That of an endpoint stays what it was forced to though the endpoint leaves and comes
// back.
bool force_breaker(std::string_view upstream, std::string_view endpoint, BreakerForce force);

}  // namespace outrigger::filters
