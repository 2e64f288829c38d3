#pragma once

#include <string_view>

namespace outrigger::adapters::logs {

// May `text` stand in JSON as a number? RFC 8259 section 6: "+1", "01" and "1." may not. At most 32 characters, and an
// exponent of at most two digits, so that readers keep its value and none finds it infinite.
constexpr bool is_json_number(std::string_view text) {
  if (text.size() > 32) return false;
  const auto digits = [&text] {
    std::size_t count = 0;
    while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
    text.remove_prefix(count);
    return count;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool zero = text.starts_with('0');
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    const std::size_t exponent = digits();
    if (exponent == 0 || exponent > 2) return false;
  }
  return text.empty();
}

}  // namespace outrigger::adapters::logs
