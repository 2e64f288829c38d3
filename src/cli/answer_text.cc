#include "cli/answer_text.h"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/terminal.h"

namespace outrigger::cli {

std::string text_of(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? harmless(found->get<std::string>()) : std::string();
}

std::string time_text(double milliseconds) {
  std::array<char, 32> made{};
  const bool is_long = milliseconds >= 1000;
  std::snprintf(made.data(), made.size(), is_long ? "%.2f s" : "%.1f ms", is_long ? milliseconds / 1000 : milliseconds);
  return made.data();
}

}  // namespace outrigger::cli
