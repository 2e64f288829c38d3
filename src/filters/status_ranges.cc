#include "filters/status_ranges.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace outrigger::filters {
namespace {

using Range = std::pair<std::uint16_t, std::uint16_t>;

// Three digits, 100..599.
std::optional<std::uint16_t> parse_status(std::string_view text) {
  if (text.size() != 3 || text[0] < '1' || text[0] > '5') return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return static_cast<std::uint16_t>(value);
}

std::optional<Range> parse_range(std::string_view word) {
  if (word.size() == 3 && word.substr(1) == "xx" && word[0] >= '1' && word[0] <= '5') {
    const auto first = static_cast<std::uint16_t>((word[0] - '0') * 100);
    return Range(first, static_cast<std::uint16_t>(first + 99));
  }
  const auto dash = word.find('-');
  const auto low = parse_status(word.substr(0, dash));
  const auto high = dash == std::string_view::npos ? low : parse_status(word.substr(dash + 1));
  if (!low || !high || *low > *high) return std::nullopt;
  return Range(*low, *high);
}

}  // namespace

StatusRanges::StatusRanges(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (const auto range = parse_range(word)) ranges_.push_back(*range);
  }
}

bool StatusRanges::contains(std::uint16_t status) const {
  return std::ranges::any_of(ranges_,
                             [status](Range range) { return status >= range.first && status <= range.second; });
}

std::string StatusRanges::check(const std::string& word) {
  return parse_range(word) ? "" : "\"" + word + "\" is no status: use codes such as 5xx, 503 or 502-504";
}

}  // namespace outrigger::filters
