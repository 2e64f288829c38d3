#pragma once

#include <memory>

#include "config/settings.h"
#include "outrigger/endpoint_gate.h"
#include "outrigger/filter.h"

namespace outrigger::upstream {

// Gates that keep requests from endpoints that fail, while others are left; their state is shared by the workers and
// outlives reloads. A failed try is one that ended without an answer because of the service, whose answer was 502, 503
// or 504, or whose answer broke off.
std::shared_ptr<EndpointGateMaker> make_outlier_gates(const config::Upstream& upstream, KeyedStore& store);

}  // namespace outrigger::upstream
