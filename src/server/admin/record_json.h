#pragma once

#include <nlohmann/json_fwd.hpp>

#include "proxy/records/record.h"

namespace outrigger::server {

// A kept request as the admin API shows it; times in milliseconds.
nlohmann::json as_json(const proxy::Record& record);

}  // namespace outrigger::server
