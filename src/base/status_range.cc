#include "base/status_range.h"

namespace outrigger::base {

namespace {

std::optional<std::uint16_t> parse_status(std::string_view text) {
  if (text.size() != 3 || text[0] < '1' || text[0] > '5') return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return static_cast<std::uint16_t>(value);
}

}  // namespace

std::optional<StatusRange> parse_status_range(std::string_view text) {
  if (text.size() == 3 && text.ends_with("xx") && text[0] >= '1' && text[0] <= '5') {
    const auto first = static_cast<std::uint16_t>((text[0] - '0') * 100);
    return StatusRange{first, static_cast<std::uint16_t>(first + 99)};
  }
  const auto dash = text.find('-');
  const auto first = parse_status(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_status(text.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return StatusRange{*first, *last};
}

}  // namespace outrigger::base
