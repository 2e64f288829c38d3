#include "filters/retry/retry_budget.h"

#include <algorithm>
#include <chrono>

namespace outrigger::filters {

RetryBudget::RetryBudget(double share, double min_per_second)
    : share_(share), min_(min_per_second * static_cast<double>(kSeconds)) {}

std::uint64_t RetryBudget::second_of(Instant now) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
}

void RetryBudget::add(Instant now, std::uint64_t unit) {
  const std::uint64_t second = second_of(now);
  const std::uint64_t empty = (second & kSecondMask) << kSecondShift;
  const std::uint64_t field = unit * kCountMask;
  auto& word = cells_.mine().seconds[second % kSeconds];
  const std::uint64_t seen = word.load(std::memory_order_relaxed);
  const std::uint64_t base = (seen >> kSecondShift) == (empty >> kSecondShift) ? seen : empty;
  if ((base & field) != field) word.store(base + unit, std::memory_order_relaxed);
}

bool RetryBudget::take(Instant now) {
  const std::uint64_t second = second_of(now);
  std::uint64_t requests = 0;
  std::uint64_t retries = 0;
  cells_.each([&](const Cell& cell) {
    for (const auto& word : cell.seconds) {
      const std::uint64_t seen = word.load(std::memory_order_relaxed);
      // Another worker's clock may be a little ahead: its new second counts as well.
      const std::uint64_t age = (second + 1 - (seen >> kSecondShift)) & kSecondMask;
      if (age > kSeconds) continue;
      requests += (seen / kRequest) & kCountMask;
      retries += seen & kCountMask;
    }
  });
  if (static_cast<double>(retries) >= std::max(min_, share_ * static_cast<double>(requests))) return false;
  add(now, kRetry);
  return true;
}

}  // namespace outrigger::filters
