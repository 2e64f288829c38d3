#pragma once

#include "config/findings.h"

namespace outrigger::config {

// Warns of routes that are never taken: an earlier one of the same rank has all of their hosts and methods, and the
// same path, headers and query. `path` is the listener's. Cost: with the square of routes that differ in hosts alone.
void check_reachable(const Listener& listener, const std::string& path, const Findings& findings);

}  // namespace outrigger::config
