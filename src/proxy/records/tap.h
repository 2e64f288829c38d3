#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "outrigger/detached.h"
#include "outrigger/stats.h"
#include "proxy/records/record_filter.h"

namespace outrigger::proxy {

// Somebody who watches requests as they end, on all workers: `outrigger tap`. What the reader does not take in time is
// lost, and counted: nobody waits for it. Thread: any, unless said otherwise; one short lock.
class Tap {
 public:
  static constexpr std::size_t kMostRecords = 1000;
  static constexpr std::size_t kMostBytes = 1024 * 1024;

  // `reader`: whose thread reads it; lives as long as the process.
  Tap(RecordFilter filter, Poster& reader);

  bool wants(const Exchange& exchange, const Outcome& outcome, KeptBecause because) const {
    return !is_closed() && filter_.matches(exchange, outcome, because);
  }
  void offer(std::shared_ptr<const Record> record);

  // For the reader.
  //
  // The oldest that is there; null: none.
  std::shared_ptr<const Record> take();
  // How many were lost since this was last asked.
  std::uint64_t take_lost() { return lost_.exchange(0, std::memory_order_relaxed); }
  // Calls `wake` once on the reader's thread when there is something. False: there is something now.
  bool wait(std::function<void()> wake);
  // Nobody reads it any more.
  void close() { is_closed_.store(true, std::memory_order_relaxed); }
  bool is_closed() const { return is_closed_.load(std::memory_order_relaxed); }

 private:
  const RecordFilter filter_;
  Poster& reader_;
  const stats::Counter lost_lines_;
  std::atomic<bool> is_closed_ = false;
  std::atomic<std::uint64_t> lost_ = 0;
  std::mutex mutex_;
  std::deque<std::shared_ptr<const Record>> records_;  // guarded by mutex_, as all below
  std::size_t bytes_ = 0;
  std::function<void()> wake_;
};

}  // namespace outrigger::proxy
