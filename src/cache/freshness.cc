#include "cache/freshness.h"

#include <algorithm>
#include <chrono>

#include "http/field_list.h"
#include "outrigger/grammar.h"

namespace outrigger::cache {

namespace {

constexpr Seconds kDay = 24 * 60 * 60;

Seconds age_value(const Headers& headers) {
  const auto value = headers.get(FieldId::age);
  if (!value) return 0;
  const std::string_view first = http::trimmed(value->substr(0, value->find(',')));
  return parse_delta_seconds(first).value_or(0);
}

}  // namespace

Seconds seconds_of(WallTime time) { return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count(); }

Seconds date_of(const Headers& headers, WallTime came) {
  const auto date = headers.get(FieldId::date);
  return (date ? parse_http_date(*date) : std::nullopt).value_or(seconds_of(came));
}

Seconds initial_age(const Headers& headers, Times times) {
  const Seconds apparent = std::max<Seconds>(0, seconds_of(times.came) - date_of(headers, times.came));
  const Seconds delay = std::max<Seconds>(0, seconds_of(times.came) - seconds_of(times.asked));
  return std::min(std::max(apparent, age_value(headers) + delay), kLongest);
}

std::optional<Seconds> stated_lifetime(const CacheControl& control, const Headers& headers, WallTime came) {
  if (control.s_maxage) return control.s_maxage;
  if (control.max_age) return control.max_age;
  const auto expires = headers.get(FieldId::expires);
  if (!expires) return std::nullopt;
  if (headers.is_repeated(FieldId::expires)) {
    for (const Field& field : headers) {
      if (field.id == FieldId::expires && field.value != *expires) return 0;
    }
  }
  const auto end = parse_http_date(*expires);
  if (!end) return 0;
  return std::clamp<Seconds>(*end - date_of(headers, came), 0, kLongest);
}

std::optional<Seconds> guessed_lifetime(const Headers& headers, double share, WallTime came) {
  const auto changed = headers.get(FieldId::last_modified);
  const auto at = changed ? parse_http_date(*changed) : std::nullopt;
  if (!at || share <= 0) return std::nullopt;
  const Seconds since = std::max<Seconds>(0, date_of(headers, came) - *at);
  return std::min(static_cast<Seconds>(static_cast<double>(since) * share), kDay);
}

}  // namespace outrigger::cache
