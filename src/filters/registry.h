#pragma once

#include "outrigger/filter.h"

namespace outrigger::filters {

// Every filter there is, one line each in filters.def. Lives as long as the process.
config::FilterCatalog catalog();

}  // namespace outrigger::filters
