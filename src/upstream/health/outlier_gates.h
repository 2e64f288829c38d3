#pragma once

#include <memory>

#include "config/settings.h"
#include "outrigger/endpoint_gate.h"
#include "outrigger/filter.h"
#include "upstream/health/outlier_group.h"

namespace outrigger::upstream {

// The endpoints of an upstream as outlier ejection sees them in the whole process, with its metric.
std::shared_ptr<OutlierGroup> outlier_group(const config::Upstream& upstream, KeyedStore& store);

// Gates that keep requests from ejected endpoints, while others are left.
std::shared_ptr<EndpointGateMaker> make_outlier_gates(std::shared_ptr<OutlierGroup> group);

}  // namespace outrigger::upstream
