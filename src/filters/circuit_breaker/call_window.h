#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/per_worker.h"
#include "outrigger/clock.h"

namespace outrigger::filters {

struct CallCounts {
  std::uint64_t requests = 0, failures = 0, slow = 0;
};

// How the latest calls went. Thread: any, no lock. Calls are recorded for an *era*, a number that grows whenever
// counting starts afresh: what belongs to another era is not there.
class CallWindow {
 public:
  virtual ~CallWindow() = default;
  virtual void record(std::uint64_t era, bool failed, bool slow, Instant now) = 0;
  virtual CallCounts sum(std::uint64_t era, Instant now) const = 0;
};

// The calls of the last `length`, forgotten a tenth of it at a time. Each worker counts in cells of its own: recording
// is a few loads and stores; a sum looks at the cells of all workers.
class TimeWindow final : public CallWindow {
 public:
  explicit TimeWindow(Duration length);
  void record(std::uint64_t era, bool failed, bool slow, Instant now) override;
  CallCounts sum(std::uint64_t era, Instant now) const override;

 private:
  static constexpr std::size_t kBuckets = 10;
  struct Bucket {
    std::atomic<std::uint64_t> tag{0};  // which era and span of time; the counts of another are void
    std::atomic<std::uint32_t> requests{0}, failures{0}, slow{0};
  };
  struct alignas(64) Cell {
    std::array<Bucket, kBuckets> buckets;
  };
  static std::uint64_t tag_of(std::uint64_t era, std::int64_t index);
  std::int64_t index_of(Instant now) const { return now.time_since_epoch() / span_; }

  const Duration span_;
  base::PerWorker<Cell> cells_;
};

// The last `size` calls, whenever they were. Recording takes the next place of a ring that all workers share.
class CountWindow final : public CallWindow {
 public:
  explicit CountWindow(std::size_t size);
  void record(std::uint64_t era, bool failed, bool slow, Instant now) override;
  CallCounts sum(std::uint64_t era, Instant now) const override;

 private:
  const std::size_t size_;
  const std::unique_ptr<std::atomic<std::uint64_t>[]> calls_;  // the era, and how it went; 0: none yet
  std::atomic<std::uint64_t> next_{0};
};

}  // namespace outrigger::filters
