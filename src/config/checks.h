#pragma once

#include "config/parser.h"

namespace outrigger::config {

// What no single block can know: names that refer to others, addresses taken twice, routes that never match. Run also
// when the file had other errors; reports only about what was read.
void check_settings(const Settings& settings, const Parser& parser, Report& report);

}  // namespace outrigger::config
