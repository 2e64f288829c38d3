#pragma once

#include "config/parser.h"
#include "config/report.h"
#include "config/settings.h"

namespace outrigger::config {

// Warns of times that were set and cannot be kept, because something around them ends before: a try longer than its
// request; what an upstream allows for a connection or a place in the queue, wherever routes and filters lead to it;
// answers that count as slow only when they have been given up. A default fits by itself (`request_times`).
void check_times(const Settings& settings, const Parser& parser, Report& report);

}  // namespace outrigger::config
