#include "filters/status_ranges.h"

#include <algorithm>

namespace outrigger::filters {

StatusRanges::StatusRanges(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (const auto range = base::parse_status_range(word)) ranges_.push_back(*range);
  }
}

bool StatusRanges::contains(std::uint16_t status) const {
  return std::ranges::any_of(ranges_, [status](base::StatusRange range) { return range.includes(status); });
}

std::string StatusRanges::check(const std::string& word) {
  return base::parse_status_range(word) ? "" : "\"" + word + "\" is no status: use codes such as 5xx, 503 or 502-504";
}

}  // namespace outrigger::filters
