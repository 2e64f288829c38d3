#include "adapters/metric_name.h"

#include <algorithm>

namespace outrigger::adapters {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_upper(c) || is_lower(c) || is_digit(c) || c == '_'; }

}  // namespace

bool is_metric_name(std::string_view name) {
  return !name.empty() && !is_digit(name[0]) &&
         std::ranges::all_of(name, [](char c) { return is_word(c) || c == ':'; });
}

bool is_label_name(std::string_view name) {
  return !name.empty() && !is_digit(name[0]) && !name.starts_with("__") && std::ranges::all_of(name, is_word);
}

std::string snake_case(std::string_view text) {
  std::string name;
  const auto separate = [&] {
    if (!name.empty() && name.back() != '_') name += '_';
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!is_word(c) || c == '_') {
      separate();
      continue;
    }
    // A capital begins a word after a small letter ("queueLen"), or as the last of several ("HTTPCode").
    const bool ends_capitals = i > 0 && is_upper(text[i - 1]) && i + 1 < text.size() && is_lower(text[i + 1]);
    if (is_upper(c) && i > 0 && (is_lower(text[i - 1]) || is_digit(text[i - 1]) || ends_capitals)) separate();
    name += is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  }
  while (name.ends_with('_')) name.pop_back();
  if (!name.empty() && is_digit(name[0])) name.insert(0, "_");
  return name;
}

}  // namespace outrigger::adapters
