#pragma once

#include <optional>

#include "cache/cache_control.h"
#include "outrigger/clock.h"
#include "outrigger/headers.h"

// How old an answer is and how long it may be used. RFC 9111 section 4.2.
namespace outrigger::cache {

// When an answer was asked for and when it came.
struct Times {
  WallTime asked;
  WallTime came;
};

// Seconds since 1970, rounded down.
Seconds seconds_of(WallTime time);

// The date of an answer, or when it came if it does not say, or says no date.
Seconds date_of(const Headers& headers, WallTime came);

// How old the answer was when it came: by its Date, or by its Age and the time that the request took, whichever is
// more. Of an Age that is a list or stands there several times, the first counts; one that is no number does not. RFC
// 9111 sections 4.2.3 and 5.1.
Seconds initial_age(const Headers& headers, Times times);

// How long it is fresh by what it says itself: s-maxage, max-age, or Expires less Date, in this order. An Expires that
// is no date is in the past. Nothing: it does not say. RFC 9111 section 4.2.1.
std::optional<Seconds> stated_lifetime(const CacheControl& control, const Headers& headers, WallTime came);

// A share of the time since it was last changed, at most a day. RFC 9111 section 4.2.2.
std::optional<Seconds> guessed_lifetime(const Headers& headers, double share, WallTime came);

}  // namespace outrigger::cache
