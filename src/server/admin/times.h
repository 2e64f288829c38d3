#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "outrigger/clock.h"

// Times as the admin API shows them.
namespace outrigger::server {

// "2026-11-25T22:41:07Z"
std::string utc(WallTime time);
// "2026-11-25T22:41:07.042Z"
std::string utc_with_milliseconds(WallTime time);
// A number of milliseconds, or null.
nlohmann::json milliseconds_or_null(const std::optional<Duration>& value);

}  // namespace outrigger::server
