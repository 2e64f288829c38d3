#pragma once

#include "config/report.h"
#include "config/settings.h"

namespace outrigger::config {

// Warns of filters that stand behind a `cache` in a chain and look at something that is not in its key: a stored answer
// is given without them, to whoever asks next.
void check_cached_chains(const Settings& settings, Report& report);

}  // namespace outrigger::config
