#pragma once

#include <chrono>
#include <cstdint>

namespace outrigger {

// A span of time in the configuration and the code: nanoseconds, so that "1.5ms" is exact.
using Duration = std::chrono::nanoseconds;

// The monotonic clock. A worker reads it once per loop turn; code inside an exchange uses `Exchange::now()`.
using Instant = std::chrono::steady_clock::time_point;

// Wall-clock time for logs and dates, read together with the monotonic one.
using WallTime = std::chrono::system_clock::time_point;

}  // namespace outrigger
