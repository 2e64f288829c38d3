#include "cache/ranges.h"

#include <algorithm>
#include <optional>

#include "http/field_list.h"
#include "outrigger/headers.h"

namespace outrigger::cache {

namespace {

constexpr std::uint64_t kFarAway = std::uint64_t{1} << 60;

// Digits only; what is too large for any content counts as very far away.
std::optional<std::uint64_t> position(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    if (value < kFarAway) value = std::min(value * 10 + static_cast<std::uint64_t>(c - '0'), kFarAway);
  }
  return value;
}

struct Spec {
  bool is_good = false;
  std::optional<ByteRange> range;  // none: it can't be satisfied
};

// "-500": the last bytes. RFC 9110 section 14.1.2.
Spec suffix(std::string_view length, std::uint64_t size) {
  const auto count = position(length);
  if (!count) return {};
  if (*count == 0 || size == 0) return {true, std::nullopt};
  return {true, ByteRange{size - std::min(*count, size), size - 1}};
}

Spec parse_spec(std::string_view spec, std::uint64_t size) {
  const auto dash = spec.find('-');
  if (dash == std::string_view::npos) return {};
  if (dash == 0) return suffix(spec.substr(1), size);
  const auto first = position(spec.substr(0, dash));
  const std::string_view end = spec.substr(dash + 1);
  const auto last = end.empty() ? std::optional(kFarAway) : position(end);
  if (!first || !last || *last < *first) return {};
  if (*first >= size) return {true, std::nullopt};
  return {true, ByteRange{*first, std::min(*last, size - 1)}};
}

}  // namespace

Ranges parse_range(std::string_view value, std::uint64_t size) {
  const auto equals = value.find('=');
  if (equals == std::string_view::npos || !equals_ignoring_case(value.substr(0, equals), "bytes")) return {};
  std::string_view list = value.substr(equals + 1);
  Ranges result;
  std::size_t asked = 0;
  std::uint64_t total = 0;
  for (std::string_view element; http::next_element(list, element);) {
    const Spec spec = parse_spec(element, size);
    if (!spec.is_good || ++asked > kMostRanges) return {};
    if (!spec.range) continue;
    result.ranges.push_back(*spec.range);
    total += spec.range->size();
  }
  if (asked == 0 || (result.ranges.size() > 1 && total > size)) return {};
  result.kind = result.ranges.empty() ? Ranges::Kind::unsatisfiable : Ranges::Kind::some;
  return result;
}

}  // namespace outrigger::cache
