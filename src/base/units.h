#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "outrigger/clock.h"
#include "outrigger/units.h"

// Values with units as people write them. Every parser takes the whole text (no blanks), returns what is wrong as a
// sentence without the value's place, and refuses a number without a unit, naming the fix. `format_*` writes the
// shortest text that parses to the same value.
namespace outrigger::base {

// "250ms", "10s", "1m30s", "1.5h". Units ns us ms s m h d; never negative; at most 100 years.
std::expected<Duration, std::string> parse_duration(std::string_view text);
std::string format_duration(Duration value);

// "512B", "64KiB", "1MiB", "2GiB" (1024), "1KB", "100MB", "1GB" (1000). Decimals are allowed; below 2^63.
std::expected<ByteSize, std::string> parse_bytes(std::string_view text);
std::string format_bytes(ByteSize value);

// "20%", "0.5%": 0 % to 100 %.
std::expected<Share, std::string> parse_share(std::string_view text);
std::string format_share(Share value);

// "50/s", "30/m", "1000/h": up to 1e9 a second.
std::expected<Rate, std::string> parse_rate(std::string_view text);
std::string format_rate(Rate value);

}  // namespace outrigger::base
