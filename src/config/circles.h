#pragma once

#include "config/parser.h"
#include "config/report.h"
#include "config/settings.h"

namespace outrigger::config {

// Reports requests that filters would send round in a circle: an upstream's `fallback` or `ext_auth` that leads back to
// it, over others or at once, and a listener's or route's that leads to the upstream that just failed.
void check_circles(const Settings& settings, const Parser& parser, Report& report);

}  // namespace outrigger::config
