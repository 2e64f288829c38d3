#include "adapters/logs/time/time_format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "adapters/logs/time/time_parts.h"

namespace outrigger::adapters::logs {
namespace {

struct Named {
  std::string_view name;
  std::string_view pattern;
};
// A letter `o`, known only here: what may follow the seconds, a fraction and a zone.
constexpr Named kNamed[] = {{"iso8601", "%Y-%m-%dt%H:%M:%S%o"},  {"clf", "%d/%b/%Y:%H:%M:%S %z"},
                            {"syslog", "%b %e %H:%M:%S%o"},      {"nginx", "%Y/%m/%d %H:%M:%S%o"},
                            {"ctime", "%a %b %e %H:%M:%S%o %Y"}, {"http", "%a, %d %b %Y %H:%M:%S %z"}};
constexpr std::pair<std::string_view, int> kEpochs[] = {
    {"epoch", 0}, {"epoch_ms", 3}, {"epoch_us", 6}, {"epoch_ns", 9}};
constexpr std::string_view kLetters = "YymbBdeHIMSfpzZaAjs";

// "T" or blanks between date and time.
bool take_separator(std::string_view& text) {
  if (text.empty() || (text[0] != 'T' && text[0] != 't' && text[0] != ' ')) return false;
  text.remove_prefix(1);
  return true;
}

// ".25", ",250", "+02:00", "Z", " +0200", both or nothing.
bool take_rest_of_clock(std::string_view& text, TimeParts& parts) {
  if (text.size() > 1 && (text[0] == '.' || text[0] == ',') && text[1] >= '0' && text[1] <= '9') {
    text.remove_prefix(1);
    if (!parts.take('f', text)) return false;
  }
  std::string_view zone = text.starts_with(' ') ? text.substr(1) : text;
  if (zone.empty() || (zone[0] != '+' && zone[0] != '-' && zone[0] != 'Z' && zone[0] != 'U')) return true;
  if (parts.take('z', zone)) text = zone;
  return true;
}

// Digits with an optional fraction; `places` decimal places of the digits belong to the fraction of a second. -1: told
// by their number, since times of our days have 10, 13, 16 or 19.
std::optional<WallTime> parse_number(std::string_view text, int places) {
  std::int64_t whole = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (error != std::errc{} || whole < 0) return std::nullopt;
  const auto digits = end - text.data();
  if (places < 0) places = digits <= 11 ? 0 : digits <= 14 ? 3 : digits <= 17 ? 6 : 9;
  std::int64_t scale = 1'000'000'000;
  for (int i = 0; i < places; ++i) scale /= 10;
  if (whole > 9'000'000'000'000'000'000 / scale) return std::nullopt;
  std::int64_t nanoseconds = whole * scale;
  std::string_view rest = text.substr(static_cast<std::size_t>(digits));
  if (rest.starts_with('.')) {
    TimeParts fraction;
    rest.remove_prefix(1);
    if (!fraction.take('f', rest)) return std::nullopt;
    for (int i = 0; i < places; ++i) fraction.nanoseconds /= 10;
    nanoseconds += fraction.nanoseconds;
  }
  if (!rest.empty()) return std::nullopt;
  return WallTime(std::chrono::nanoseconds(nanoseconds));
}

}  // namespace

std::expected<TimeFormat, std::string> TimeFormat::compile(const std::string& text) {
  TimeFormat format;
  for (const auto& [name, digits] : kEpochs) {
    if (text != name) continue;
    format.epoch_digits_ = digits;
    return format;
  }
  if (text == "auto") {
    for (const Named& named : kNamed) format.any_.push_back(*compile(std::string(named.name)));
    return format;
  }
  std::string pattern = text;
  const auto* const named = std::ranges::find(kNamed, text, &Named::name);
  if (named != std::end(kNamed)) pattern = named->pattern;
  if (!pattern.contains('%')) return std::unexpected("\"" + text + "\" is no name of a time format and has no %");
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    const char next = i + 1 < pattern.size() ? pattern[i + 1] : '\0';
    if (c != '%') {
      const bool is_separator = named != std::end(kNamed) && c == 't';
      format.steps_.push_back(is_separator ? Step{'t', 0} : c == ' ' ? Step{' ', 0} : Step{0, c});
      continue;
    }
    ++i;
    if (next == 'T' || next == 'F' || next == 'D') {
      pattern.insert(i + 1, next == 'T' ? "%H:%M:%S" : next == 'F' ? "%Y-%m-%d" : "%m/%d/%y");
    } else if (next == '%') {
      format.steps_.push_back({0, '%'});
    } else if (kLetters.contains(next) || (next == 'o' && named != std::end(kNamed))) {
      format.steps_.push_back({next, 0});
    } else {
      return std::unexpected("a time format has no " + pattern.substr(i - 1, 2));
    }
  }
  return format;
}

std::optional<WallTime> TimeFormat::parse(std::string_view text, const Zone& zone, WallTime now) const {
  if (epoch_digits_ >= 0) return parse_number(text, epoch_digits_);
  if (any_.empty()) return parse_steps(text, zone, now);
  for (const TimeFormat& format : any_) {
    if (const auto time = format.parse_steps(text, zone, now)) return time;
  }
  return parse_number(text, -1);
}

std::optional<WallTime> TimeFormat::parse_steps(std::string_view text, const Zone& zone, WallTime now) const {
  TimeParts parts;
  for (const Step& step : steps_) {
    if (step.what == 0) {
      if (!text.starts_with(step.literal)) return std::nullopt;
      text.remove_prefix(1);
    } else if (step.what == ' ') {
      if (!text.starts_with(' ')) return std::nullopt;
      while (text.starts_with(' ')) text.remove_prefix(1);
    } else if (step.what == 't') {
      if (!take_separator(text)) return std::nullopt;
    } else if (step.what == 'o') {
      if (!take_rest_of_clock(text, parts)) return std::nullopt;
    } else if (!parts.take(step.what, text)) {
      return std::nullopt;
    }
  }
  if (!text.empty()) return std::nullopt;
  return parts.time(zone, now);
}

}  // namespace outrigger::adapters::logs
