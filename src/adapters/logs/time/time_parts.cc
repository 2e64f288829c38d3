#include "adapters/logs/time/time_parts.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace outrigger::adapters::logs {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

// `least` to `most` digits.
template <class Number>
bool take_digits(std::string_view& text, std::size_t least, std::size_t most, Number& value) {
  std::size_t count = 0;
  Number sum = 0;
  while (count < most && count < text.size() && is_digit(text[count])) {
    sum = static_cast<Number>(sum * 10 + (text[count++] - '0'));
  }
  if (count < least) return false;
  text.remove_prefix(count);
  value = sum;
  return true;
}

bool take_within(std::string_view& text, int low, int high, int& value, std::size_t least = 1) {
  return take_digits(text, least, 2, value) && value >= low && value <= high;
}

bool take_optional(std::string_view& text, std::size_t digits, int low, int high, std::optional<int>& value) {
  int number = 0;
  if (!take_digits(text, 1, digits, number) || number < low || number > high) return false;
  value = number;
  return true;
}

bool take_word(std::string_view& text) {
  const std::size_t before = text.size();
  while (!text.empty() && is_letter(text[0])) text.remove_prefix(1);
  return text.size() < before;
}

bool take_month(std::string_view& text, std::optional<int>& month) {
  if (text.size() < 3) return false;
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    const std::string_view name = kMonths[i];
    if ((text[0] | 0x20) != name[0] || (text[1] | 0x20) != name[1] || (text[2] | 0x20) != name[2]) continue;
    month = static_cast<int>(i) + 1;
    return take_word(text);  // "November" too
  }
  return false;
}

bool take_half(std::string_view& text, std::optional<bool>& afternoon) {
  if (text.size() < 2 || (text[1] | 0x20) != 'm') return false;
  const char half = static_cast<char>(text[0] | 0x20);
  if (half != 'a' && half != 'p') return false;
  afternoon = half == 'p';
  text.remove_prefix(2);
  return true;
}

bool take_day(std::string_view& text, std::optional<int>& day) {
  if (text.starts_with(' ')) text.remove_prefix(1);
  return take_optional(text, 2, 1, 31, day);
}

}  // namespace

bool TimeParts::take(char what, std::string_view& text) {
  switch (what) {
    case 'Y':
      return take_optional(text, 4, 1, 9999, year);
    case 'y':
      if (!take_optional(text, 2, 0, 99, year)) return false;
      *year += *year < 69 ? 2000 : 1900;  // as POSIX has it
      return true;
    case 'm':
      return take_optional(text, 2, 1, 12, month);
    case 'b':
    case 'B':
      return take_month(text, month);
    case 'd':
    case 'e':
      return take_day(text, day);
    case 'j':
      return take_optional(text, 3, 1, 366, day_of_year);
    case 'H':
      return take_within(text, 0, 23, hour);
    case 'I':
      return take_within(text, 1, 12, hour);
    case 'M':
      return take_within(text, 0, 59, minute, 2);
    case 'S':
      return take_within(text, 0, 60, second, 2);  // 60: a leap second
    case 'f':
      return take_fraction(text);
    case 'p':
      return take_half(text, afternoon);
    case 'z':
      return take_zone(text);
    case 's':
      return take_digits(text, 1, 12, epoch.emplace());
    default:  // a, A, Z
      return take_word(text);
  }
}

bool TimeParts::take_fraction(std::string_view& text) {
  const std::size_t before = text.size();
  std::int64_t scale = 100'000'000;
  nanoseconds = 0;
  for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1), scale /= 10) nanoseconds += scale * (text[0] - '0');
  return text.size() < before;
}

bool TimeParts::take_zone(std::string_view& text) {
  if (text.starts_with('Z')) {
    text.remove_prefix(1);
    east = std::chrono::seconds(0);
    return true;
  }
  if (text.starts_with("UTC") || text.starts_with("GMT")) {
    text.remove_prefix(3);
    east = std::chrono::seconds(0);
    return true;
  }
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return false;
  const bool west = text[0] == '-';
  text.remove_prefix(1);
  int hours = 0, minutes = 0;
  if (!take_within(text, 0, 23, hours, 2)) return false;
  const bool colon = text.starts_with(':');
  if (colon) text.remove_prefix(1);
  if ((colon || (!text.empty() && is_digit(text[0]))) && !take_within(text, 0, 59, minutes, 2)) return false;
  east = std::chrono::seconds((hours * 3600 + minutes * 60) * (west ? -1 : 1));
  return true;
}

std::optional<std::chrono::local_days> TimeParts::date(int of_year) const {
  using namespace std::chrono;
  if (day_of_year) return local_days(std::chrono::year(of_year) / January / 1) + days(*day_of_year - 1);
  const year_month_day date = std::chrono::year(of_year) / month.value_or(1) / day.value_or(1);
  if (!date.ok()) return std::nullopt;
  return local_days(date);
}

namespace {

// Nothing before 1679 and behind 2261: nanoseconds since 1970 go no further.
std::optional<WallTime> wall_time(std::chrono::seconds since, std::int64_t nanoseconds) {
  constexpr std::chrono::seconds kFurthest(9'200'000'000);
  if (since < -kFurthest || since > kFurthest) return std::nullopt;
  return WallTime(since) + std::chrono::nanoseconds(nanoseconds);
}

}  // namespace

int TimeParts::guess_year(WallTime now) const {
  using namespace std::chrono;
  const auto tomorrow = floor<days>(now) + days(1);
  const int this_year = static_cast<int>(year_month_day(tomorrow).year());
  const auto guess = date(this_year);
  if (!guess) return this_year - 1;  // February 29 of the year before
  return guess->time_since_epoch() > tomorrow.time_since_epoch() ? this_year - 1 : this_year;
}

std::optional<WallTime> TimeParts::time(const Zone& zone, WallTime now) const {
  using namespace std::chrono;
  if (epoch) return wall_time(seconds(*epoch), nanoseconds);
  // A time of day alone is today's.
  TimeParts dated = *this;
  if (!year && !month && !day && !day_of_year) {
    const auto there = floor<seconds>(now) + zone.offset_at(floor<seconds>(now));
    const year_month_day today(floor<days>(there));
    dated.year = static_cast<int>(today.year());
    dated.month = static_cast<int>(static_cast<unsigned>(today.month()));
    dated.day = static_cast<int>(static_cast<unsigned>(today.day()));
  }
  const auto day_of_time = dated.date(dated.year ? *dated.year : guess_year(now));
  if (!day_of_time) return std::nullopt;
  int hours_of_day = hour;
  if (afternoon) hours_of_day = hour % 12 + (*afternoon ? 12 : 0);
  const local_seconds local = *day_of_time + hours(hours_of_day) + minutes(minute) + seconds(second);
  const sys_seconds utc = east ? sys_seconds(local.time_since_epoch()) - *east : zone.to_utc(local);
  return wall_time(utc.time_since_epoch(), nanoseconds);
}

}  // namespace outrigger::adapters::logs
