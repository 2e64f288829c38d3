#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "adapters/logs/time/zone.h"
#include "outrigger/clock.h"

namespace outrigger::adapters::logs {

// What a text about a time has said so far.
struct TimeParts {
  std::optional<int> year;
  std::optional<int> month;
  std::optional<int> day;
  std::optional<int> day_of_year;
  int hour = 0, minute = 0, second = 0;
  std::int64_t nanoseconds = 0;
  std::optional<bool> afternoon;
  std::optional<std::chrono::seconds> east;  // of UTC
  std::optional<std::int64_t> epoch;         // seconds since 1970

  // Takes what `what` (a letter of a TimeFormat) stands for from the front of `text`; false if it is not there.
  bool take(char what, std::string_view& text);
  // The time; nothing if it does not exist (February 30).
  std::optional<WallTime> time(const Zone& zone, WallTime now) const;

 private:
  bool take_zone(std::string_view& text);
  bool take_fraction(std::string_view& text);
  std::optional<std::chrono::local_days> date(int year) const;
  int guess_year(WallTime now) const;
};

}  // namespace outrigger::adapters::logs
