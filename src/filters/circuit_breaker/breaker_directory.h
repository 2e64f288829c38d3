#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "filters/circuit_breaker/breaker_state.h"

// All breakers of the process, for the admin API and the gauge. Thread: any.
namespace outrigger::filters {

// Puts `state` into the directory and registers outrigger_breaker_state for its name.
void enlist_breaker(const std::shared_ptr<BreakerState>& state);
std::vector<BreakerInfo> breaker_snapshot();
// Sets every breaker of the upstream; false when it has none. `automatic` closes and starts counting afresh.
bool force_breaker(std::string_view upstream, BreakerForce force);

}  // namespace outrigger::filters
