#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "outrigger/exchange.h"

// Answers of the admin API.
namespace outrigger::server {

// How long a call, or /livez, waits for the workers.
inline constexpr Duration kWorkerLimit = std::chrono::seconds(2);

Response answer(Exchange& exchange, const nlohmann::json& content, std::uint16_t status = 200);
// {"error": why}
Response refuse(Exchange& exchange, std::uint16_t status, std::string_view why);
// 405, with the methods that are allowed.
Response refuse_method(Exchange& exchange, std::string_view allowed);
// The part of the path behind the call's own: "app/open" of /api/breakers/app/open.
std::string_view behind(const Exchange& exchange, std::string_view path);

}  // namespace outrigger::server
