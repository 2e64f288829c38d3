#pragma once

#include "adapters/adapter.h"

namespace outrigger::adapters {

extern const AdapterType kLogsType;

}  // namespace outrigger::adapters
