#pragma once

#include "adapters/adapter.h"

namespace outrigger::adapters {

// Every adapter there is, one line each in adapters.def. Lives as long as the process.
config::AdapterCatalog catalog();

}  // namespace outrigger::adapters
