#include "base/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <system_error>
#include <utility>

namespace outrigger::base {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t size;
};

// Longest first within a common ending, so that "ms" is not read as "m" and a rest.
constexpr std::array<Unit, 7> kTimes = {{{"d", 86'400'000'000'000},
                                         {"h", 3'600'000'000'000},
                                         {"m", 60'000'000'000},
                                         {"s", 1'000'000'000},
                                         {"ms", 1'000'000},
                                         {"us", 1'000},
                                         {"ns", 1}}};
constexpr std::array<Unit, 7> kSizes = {{{"GiB", std::int64_t{1} << 30},
                                         {"GB", 1'000'000'000},
                                         {"MiB", std::int64_t{1} << 20},
                                         {"MB", 1'000'000},
                                         {"KiB", std::int64_t{1} << 10},
                                         {"KB", 1'000},
                                         {"B", 1}}};
constexpr double kLongest = 100.0 * 365 * 86'400 * 1e9;  // 100 years in ns

// Splits "12.5ms..." into 12.5 and the rest; false when the text does not begin with a plain decimal number.
bool take_number(std::string_view& text, double& number) {
  std::size_t end = 0;
  while (end < text.size() && ((text[end] >= '0' && text[end] <= '9') || text[end] == '.')) ++end;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + end, number, std::chars_format::fixed);
  if (error != std::errc{} || stop != text.data() + end || end == 0) return false;
  text.remove_prefix(end);
  return true;
}

std::string_view take_letters(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && ((text[end] | 0x20) >= 'a' && (text[end] | 0x20) <= 'z')) ++end;
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

template <std::size_t N>
const Unit* find_unit(const std::array<Unit, N>& units, std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

std::unexpected<std::string> fail(std::string message) { return std::unexpected(std::move(message)); }

std::string quote(std::string_view text) { return '"' + std::string(text) + '"'; }

std::string shortest(double value) {
  std::array<char, 400> buffer{};
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
  return error == std::errc{} ? std::string(buffer.data(), end) : std::string("0");
}

}  // namespace

std::expected<Duration, std::string> parse_duration(std::string_view text) {
  std::string_view rest = text;
  double total = 0;
  do {
    double number = 0;
    if (!take_number(rest, number)) return fail(quote(text) + " is not a duration: write 250ms, 10s or 1m30s");
    if (rest.empty() && total == 0) {
      const std::string digits(text);
      return fail(quote(text) + " has no unit: write " + digits + "s, " + digits + "ms or " + digits + "m");
    }
    const std::string_view name = take_letters(rest);
    const Unit* unit = find_unit(kTimes, name);
    if (unit == nullptr) return fail(quote(text) + " has an unknown unit " + quote(name) + ": use ms, s, m, h or d");
    total += number * static_cast<double>(unit->size);
    if (!(total <= kLongest)) return fail(quote(text) + " is more than 100 years");
  } while (!rest.empty());
  return Duration(std::llround(total));
}

std::string format_duration(Duration value) {
  std::int64_t rest = value.count();
  if (rest <= 0) return "0s";
  std::string text;
  for (const Unit& unit : kTimes) {
    if (rest >= unit.size) {
      text += std::to_string(rest / unit.size) + std::string(unit.name);
      rest %= unit.size;
    }
  }
  return text;
}

std::expected<ByteSize, std::string> parse_bytes(std::string_view text) {
  std::string_view rest = text;
  double number = 0;
  if (!take_number(rest, number)) return fail(quote(text) + " is not a size: write 64KiB, 10MiB or 1GB");
  if (rest.empty()) {
    const std::string digits(text);
    return fail(quote(text) + " has no unit: write " + digits + "B, " + digits + "KiB or " + digits + "MiB");
  }
  const Unit* unit = find_unit(kSizes, rest);
  if (unit == nullptr) {
    return fail(quote(text) + " has an unknown unit " + quote(rest) + ": use B, KiB, MiB, GiB, KB, MB or GB");
  }
  const double bytes = number * static_cast<double>(unit->size);
  if (!(bytes < 9.2e18)) return fail(quote(text) + " is too large");
  return ByteSize{static_cast<std::uint64_t>(std::llround(bytes))};
}

std::string format_bytes(ByteSize value) {
  for (const Unit& unit : kSizes) {
    const auto size = static_cast<std::uint64_t>(unit.size);
    if (value.bytes != 0 && value.bytes % size == 0) return std::to_string(value.bytes / size) + std::string(unit.name);
  }
  return std::to_string(value.bytes) + "B";
}

std::expected<Share, std::string> parse_share(std::string_view text) {
  std::string_view rest = text;
  double number = 0;
  if (!take_number(rest, number)) return fail(quote(text) + " is not a percentage: write 20% or 0.5%");
  if (rest.empty()) return fail(quote(text) + " has no unit: write " + std::string(text) + "%");
  if (rest != "%") return fail(quote(text) + " is not a percentage: write 20% or 0.5%");
  if (!(number <= 100)) return fail(quote(text) + " is more than 100%");
  return Share{number / 100};
}

std::string format_share(Share value) {
  // 0.07 * 100 is 7.000000000000001: round to what a person could have written.
  return shortest(std::round(value.value * 1e10) / 1e8) + "%";
}

std::expected<Rate, std::string> parse_rate(std::string_view text) {
  std::string_view rest = text;
  double number = 0;
  if (!take_number(rest, number)) return fail(quote(text) + " is not a rate: write 50/s, 30/m or 1000/h");
  if (rest.empty())
    return fail(quote(text) + " has no unit: write " + std::string(text) + "/s or " + std::string(text) + "/m");
  const double seconds = rest == "/s" ? 1 : rest == "/m" ? 60 : rest == "/h" ? 3600 : 0;
  if (seconds == 0) return fail(quote(text) + " is not a rate: write 50/s, 30/m or 1000/h");
  if (!(number / seconds <= 1e9)) return fail(quote(text) + " is more than 1000000000/s");
  return Rate{number / seconds};
}

std::string format_rate(Rate value) {
  for (const auto& [seconds, name] : {std::pair{1.0, "/s"}, {60.0, "/m"}, {3600.0, "/h"}}) {
    const double count = std::round(value.per_second * seconds * 1e6) / 1e6;
    if (count == std::floor(count) || seconds == 3600.0) return shortest(count) + name;
  }
  return shortest(value.per_second) + "/s";
}

}  // namespace outrigger::base
