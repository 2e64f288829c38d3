#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "outrigger/clock.h"

namespace outrigger::filters {

// Limits the retries of the whole process to a share of its requests over the last ten seconds, so that a service that
// is down is not asked several times as often as before. Thread: any, no lock; two threads may each take the last
// retry.
class RetryBudget {
 public:
  // `share` of the requests, but at least `min_per_second`.
  RetryBudget(double share, double min_per_second);

  void count_request(Instant now) { add(now, kRequest); }
  // Takes a retry; false when none is left.
  bool take(Instant now);

 private:
  static constexpr std::size_t kSeconds = 10;
  // A second in one word, so that a bucket starts again with its first count: the second's number modulo 2^20, then 22
  // bits each of requests and retries.
  static constexpr std::uint64_t kRetry = 1;
  static constexpr std::uint64_t kRequest = std::uint64_t{1} << 22;
  static constexpr std::uint64_t kCountMask = kRequest - 1;
  static constexpr unsigned kSecondShift = 44;
  static constexpr std::uint64_t kSecondMask = (std::uint64_t{1} << 20) - 1;

  static std::uint64_t second_of(Instant now);
  void add(Instant now, std::uint64_t unit);

  double share_;
  double min_;  // retries in the window
  std::array<std::atomic<std::uint64_t>, kSeconds> buckets_{};
};

}  // namespace outrigger::filters
