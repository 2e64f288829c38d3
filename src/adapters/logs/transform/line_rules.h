#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/regex.h"
#include "outrigger/clock.h"
#include "outrigger/units.h"

namespace outrigger::adapters::logs {

// Which events become records.
enum class Admission : std::uint8_t { taken, filtered, over_rate };

// Lets events pass by what is in them and by how many come.
class LineRules {
 public:
  std::optional<base::Regex> keep;  // only events in which this occurs
  std::optional<base::Regex> drop;  // no event in which this occurs
  std::optional<Rate> rate;         // per second, of the whole adapter
  std::uint32_t burst = 0;          // at once; 0: what the rate allows in a second

  Admission admit(std::string_view text, Instant now);

 private:
  bool is_over_rate(Instant now);
  Instant due_{};  // when the next event is due at the rate
};

}  // namespace outrigger::adapters::logs
