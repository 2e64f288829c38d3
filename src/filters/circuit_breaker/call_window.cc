#include "filters/circuit_breaker/call_window.h"

#include <algorithm>

namespace outrigger::filters {
namespace {

constexpr unsigned kEraShift = 40;
constexpr std::uint64_t kIndexMask = (std::uint64_t{1} << kEraShift) - 1;

// One call in a CountWindow, below its era.
constexpr std::uint64_t kRecorded = 4, kSlow = 2, kFailed = 1;
constexpr unsigned kCallBits = 3;

// Only the cell's own worker writes it.
void count(std::atomic<std::uint32_t>& counter) {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace

TimeWindow::TimeWindow(Duration length) : span_(std::max(length / static_cast<int>(kBuckets), Duration(1))) {}

std::uint64_t TimeWindow::tag_of(std::uint64_t era, std::int64_t index) {
  return ((era + 1) << kEraShift) | (static_cast<std::uint64_t>(index) & kIndexMask);
}

void TimeWindow::record(std::uint64_t era, bool failed, bool slow, Instant now) {
  const std::int64_t index = index_of(now);
  Bucket& bucket = cells_.mine().buckets[static_cast<std::size_t>(index) % kBuckets];
  const std::uint64_t tag = tag_of(era, index);
  if (bucket.tag.load(std::memory_order_relaxed) != tag) {
    bucket.requests.store(0, std::memory_order_relaxed);
    bucket.failures.store(0, std::memory_order_relaxed);
    bucket.slow.store(0, std::memory_order_relaxed);
    bucket.tag.store(tag, std::memory_order_release);  // who sees the new tag sees no count of the old one
  }
  count(bucket.requests);
  if (failed) count(bucket.failures);
  if (slow) count(bucket.slow);
}

CallCounts TimeWindow::sum(std::uint64_t era, Instant now) const {
  CallCounts all;
  // Another worker's clock may be a little ahead, which is why the newest span is the one after this.
  const std::int64_t newest = index_of(now) + 1;
  const std::uint64_t oldest_tag = tag_of(era, newest - static_cast<std::int64_t>(kBuckets));
  const std::uint64_t newest_tag = tag_of(era, newest);
  cells_.each([&](const Cell& cell) {
    for (const Bucket& bucket : cell.buckets) {
      const std::uint64_t tag = bucket.tag.load(std::memory_order_acquire);
      if (tag < oldest_tag || tag > newest_tag) continue;
      all.requests += bucket.requests.load(std::memory_order_relaxed);
      all.failures += bucket.failures.load(std::memory_order_relaxed);
      all.slow += bucket.slow.load(std::memory_order_relaxed);
    }
  });
  return all;
}

CountWindow::CountWindow(std::size_t size)
    : size_(size), calls_(std::make_unique<std::atomic<std::uint64_t>[]>(size)) {}

void CountWindow::record(std::uint64_t era, bool failed, bool slow, Instant) {
  const std::uint64_t call = (era << kCallBits) | kRecorded | (slow ? kSlow : 0) | (failed ? kFailed : 0);
  calls_[next_.fetch_add(1, std::memory_order_relaxed) % size_].store(call, std::memory_order_relaxed);
}

CallCounts CountWindow::sum(std::uint64_t era, Instant) const {
  CallCounts all;
  for (std::size_t i = 0; i < size_; ++i) {
    const std::uint64_t call = calls_[i].load(std::memory_order_relaxed);
    if ((call & kRecorded) == 0 || (call >> kCallBits) != era) continue;
    ++all.requests;
    if ((call & kFailed) != 0) ++all.failures;
    if ((call & kSlow) != 0) ++all.slow;
  }
  return all;
}

}  // namespace outrigger::filters
