#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cli/terminal.h"

// A request as /api/requests gives it, for people.
namespace outrigger::cli {

// One line: time, status, failure, method, URL, duration, id.
std::string line_of(const nlohmann::json& request, const Paint& paint);
// All of it: what it was, why it was answered so, each filter with its place, verdict and time, each try.
std::string page_of(const nlohmann::json& request, const Paint& paint);

}  // namespace outrigger::cli
