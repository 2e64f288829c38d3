#include "base/memory_budget.h"

#include <algorithm>
#include <atomic>

namespace outrigger {

namespace {

std::atomic<std::uint64_t> limit_of_process{UINT64_MAX};
std::atomic<std::int64_t> settled{0};
std::atomic<std::int64_t> peak{0};

// What a thread counted and did not settle yet.
struct Share {
  std::int64_t bytes = 0;
  ~Share() { settle(); }
  void settle() {
    const std::int64_t now = settled.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    bytes = 0;
    std::int64_t highest = peak.load(std::memory_order_relaxed);
    while (now > highest && !peak.compare_exchange_weak(highest, now, std::memory_order_relaxed)) {
    }
  }
};

Share& share() {
  thread_local Share instance;
  return instance;
}

}  // namespace

void MemoryBudget::set_limit(std::uint64_t bytes) { limit_of_process.store(bytes, std::memory_order_relaxed); }

std::uint64_t MemoryBudget::limit() { return limit_of_process.load(std::memory_order_relaxed); }

std::uint64_t MemoryBudget::used() {
  const std::int64_t all = settled.load(std::memory_order_relaxed) + share().bytes;
  return static_cast<std::uint64_t>(std::max<std::int64_t>(all, 0));
}

std::uint64_t MemoryBudget::take_peak() {
  const std::int64_t now = settled.load(std::memory_order_relaxed);
  return static_cast<std::uint64_t>(std::max<std::int64_t>(peak.exchange(now, std::memory_order_relaxed), 0));
}

void MemoryBudget::count(std::int64_t bytes) {
  Share& own = share();
  own.bytes += bytes;
  if (own.bytes > kStep || own.bytes < -kStep) own.settle();
}

}  // namespace outrigger
