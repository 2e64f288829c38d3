#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

// What the admin API answers, as a terminal shows it.
namespace outrigger::cli {

// The text of that member, harmless; "" where there is none.
std::string text_of(const nlohmann::json& object, const char* key);
// "12.3 ms", "4.56 s"
std::string time_text(double milliseconds);

}  // namespace outrigger::cli
