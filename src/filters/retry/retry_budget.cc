#include "filters/retry/retry_budget.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <vector>

#include "outrigger/stats.h"

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

RetryBudget::Window RetryBudget::window(Instant now) const {
  const std::uint64_t second = second_of(now);
  Window window;
  cells_.each([&](const Cell& cell) {
    for (const auto& word : cell.seconds) {
      const std::uint64_t seen = word.load(std::memory_order_relaxed);
      // Another worker's clock may be a little ahead: its new second counts as well.
      const std::uint64_t age = (second + 1 - (seen >> kSecondShift)) & kSecondMask;
      if (age > kSeconds) continue;
      window.requests += (seen / kRequest) & kCountMask;
      window.retries += seen & kCountMask;
    }
  });
  return window;
}

double RetryBudget::allowed(const Window& window) const {
  return std::max(min_, share_ * static_cast<double>(window.requests));
}

bool RetryBudget::take(Instant now) {
  const Window sum = window(now);
  if (static_cast<double>(sum.retries) >= allowed(sum)) return false;
  add(now, kRetry);
  return true;
}

double RetryBudget::used(Instant now) const {
  const Window sum = window(now);
  const auto retries = static_cast<double>(sum.retries);
  return retries >= allowed(sum) ? 1 : retries / allowed(sum);
}

namespace {

struct Shown {
  std::mutex mutex;
  std::map<std::string, std::vector<std::weak_ptr<RetryBudget>>> by_upstream;  // guarded by mutex
};

Shown& shown() {
  static Shown& instance = *new Shown;  // outlives every static that may still look at it
  return instance;
}

double most_used(const std::string& upstream) {
  const std::lock_guard lock(shown().mutex);
  double most = std::numeric_limits<double>::quiet_NaN();
  for (const auto& item : shown().by_upstream[upstream]) {
    if (const auto budget = item.lock()) most = std::fmax(most, budget->used(std::chrono::steady_clock::now()));
  }
  return most;
}

}  // namespace

void show_budget(const std::string& upstream, const std::shared_ptr<RetryBudget>& budget) {
  {
    const std::lock_guard lock(shown().mutex);
    auto& budgets = shown().by_upstream[upstream];
    std::erase_if(budgets, [](const auto& item) { return item.expired(); });
    budgets.push_back(budget);
  }
  stats::gauge_callback("outrigger_retry_budget_used_ratio",
                        "Part of the retry budget that the last ten seconds used up; 1: no retry is left.",
                        {{"upstream", upstream}}, [upstream] { return most_used(upstream); });
}

}  // namespace outrigger::filters
