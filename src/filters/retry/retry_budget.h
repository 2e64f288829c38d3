#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/per_worker.h"
#include "outrigger/clock.h"

namespace outrigger::filters {

// Limits the retries of the whole process to a share of its requests over the last ten seconds, so that a service that
// is down is not asked several times as often as before.
//
// Each worker counts in cells of its own; only who wants to retry looks at all of them. Thread: any, no lock; workers
// that look at the same time may each take the last retry.
class RetryBudget {
 public:
  // `share` of the requests, but at least `min_per_second`.
  RetryBudget(double share, double min_per_second);

  // Cost: a load and a store in this worker's cell.
  void count_request(Instant now) { add(now, kRequest); }
  // Takes a retry; false when none is left.
  bool take(Instant now);
  // The part of it that the last ten seconds used: 1, no retry is left.
  double used(Instant now) const;

 private:
  static constexpr std::size_t kSeconds = 10;
  // A second in one word, so that its first count starts it anew: the second's number modulo 2^20, then 22 bits each of
  // requests and retries.
  static constexpr std::uint64_t kRetry = 1;
  static constexpr std::uint64_t kRequest = std::uint64_t{1} << 22;
  static constexpr std::uint64_t kCountMask = kRequest - 1;
  static constexpr unsigned kSecondShift = 44;
  static constexpr std::uint64_t kSecondMask = (std::uint64_t{1} << 20) - 1;

  struct alignas(64) Cell {
    std::array<std::atomic<std::uint64_t>, kSeconds> seconds{};
  };

  struct Window {
    std::uint64_t requests = 0, retries = 0;
  };
  static std::uint64_t second_of(Instant now);
  Window window(Instant now) const;
  double allowed(const Window& window) const;
  void add(Instant now, std::uint64_t unit);

  const double share_;
  const double min_;  // retries in the window
  base::PerWorker<Cell> cells_;
};

// Shows how much of it is used up as outrigger_retry_budget_used_ratio{upstream}, as long as it lives. Of several
// budgets of one upstream (a route may have its own) the metric is that of the fullest. Thread: any; takes a lock.
void show_budget(const std::string& upstream, const std::shared_ptr<RetryBudget>& budget);

}  // namespace outrigger::filters
