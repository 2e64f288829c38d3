#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace outrigger::base {

// Status codes from `first` to `last`, both included.
struct StatusRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
  bool includes(std::uint16_t status) const { return status >= first && status <= last; }
};

// "204", "200-399" or "2xx", within 100 to 599; nothing for any other text.
std::optional<StatusRange> parse_status_range(std::string_view text);

}  // namespace outrigger::base
