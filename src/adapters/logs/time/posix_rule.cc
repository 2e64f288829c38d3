#include "adapters/logs/time/posix_rule.h"

#include <algorithm>
#include <charconv>

namespace outrigger::adapters::logs {
namespace {

using std::chrono::seconds;

bool take_number(std::string_view& text, int& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// "CET" or "<+03>".
bool skip_name(std::string_view& text) {
  const std::size_t before = text.size();
  if (take(text, '<')) {
    const auto end = text.find('>');
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end + 1);
    return true;
  }
  while (!text.empty() && ((text[0] | 0x20) >= 'a' && (text[0] | 0x20) <= 'z')) text.remove_prefix(1);
  return text.size() < before;
}

// "[+-]hh[:mm[:ss]]".
bool take_clock(std::string_view& text, seconds& clock) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int part = 0;
  if (!take_number(text, part)) return false;
  clock = seconds(part * 3600);
  for (const int unit : {60, 1}) {
    if (!take(text, ':')) break;
    if (!take_number(text, part)) return false;
    clock += seconds(part * unit);
  }
  if (negative) clock = -clock;
  return true;
}

}  // namespace

bool PosixRule::parse_change(std::string_view& text, Change& change) {
  int month = 0, week = 0, weekday = 0;
  if (!take(text, ',') || !take(text, 'M') || !take_number(text, month) || !take(text, '.') ||
      !take_number(text, week) || !take(text, '.') || !take_number(text, weekday)) {
    return false;
  }
  if (month < 1 || month > 12 || week < 1 || week > 5 || weekday < 0 || weekday > 6) return false;
  change.month = static_cast<unsigned>(month);
  change.week = static_cast<unsigned>(week);
  change.weekday = static_cast<unsigned>(weekday);
  return !take(text, '/') || take_clock(text, change.at);
}

std::optional<PosixRule> PosixRule::parse(std::string_view text) {
  PosixRule rule;
  if (!skip_name(text) || !take_clock(text, rule.standard_)) return std::nullopt;
  rule.standard_ = -rule.standard_;  // POSIX counts west
  if (text.empty()) return rule;
  rule.has_summer_ = true;
  rule.summer_ = rule.standard_ + seconds(3600);
  if (!skip_name(text)) return std::nullopt;
  if (!text.starts_with(',')) {
    if (!take_clock(text, rule.summer_)) return std::nullopt;
    rule.summer_ = -rule.summer_;
  }
  if (!parse_change(text, rule.begin_) || !parse_change(text, rule.end_) || !text.empty()) return std::nullopt;
  return rule;
}

std::chrono::sys_seconds PosixRule::when(const Change& change, std::chrono::year year, seconds offset) {
  using namespace std::chrono;
  const auto month_of_year = year / month(change.month);
  const weekday day(change.weekday);
  const sys_days date =
      change.week == 5 ? sys_days(month_of_year / day[last]) : sys_days(month_of_year / day[change.week]);
  return date + change.at - offset;
}

seconds PosixRule::offset_at(std::chrono::sys_seconds utc) const {
  using namespace std::chrono;
  if (!has_summer_) return standard_;
  const year this_year = year_month_day(floor<days>(utc + standard_)).year();
  const sys_seconds begin = when(begin_, this_year, standard_);
  const sys_seconds end = when(end_, this_year, summer_);
  const bool is_summer = begin < end ? utc >= begin && utc < end : utc >= begin || utc < end;
  return is_summer ? summer_ : standard_;
}

}  // namespace outrigger::adapters::logs
