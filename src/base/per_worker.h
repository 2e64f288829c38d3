#pragma once

#include <array>
#include <atomic>
#include <cstddef>

#include "outrigger/stats.h"

namespace outrigger::base {

// A T for each worker, made when the worker first asks for its own. What counts per request lives here, so that workers
// write no cache line in common (give T alignas(64)); its members are atomics, as others look at them.
// Thread: any; threads without a number share one T.
template <typename T>
class PerWorker {
 public:
  PerWorker() = default;
  PerWorker(const PerWorker&) = delete;
  PerWorker& operator=(const PerWorker&) = delete;
  ~PerWorker() {
    for (const auto& item : items_) delete item.load(std::memory_order_relaxed);
  }

  // Cost: two loads; an allocation the first time.
  T& mine() {
    auto& item = items_[stats::worker_index()];
    T* found = item.load(std::memory_order_acquire);
    return found != nullptr ? *found : make(item);
  }

  // Calls `look(const T&)` for every T there is.
  template <typename Look>
  void each(Look look) const {
    for (const auto& item : items_) {
      if (const T* found = item.load(std::memory_order_acquire)) look(*found);
    }
  }

 private:
  static T& make(std::atomic<T*>& item) {
    T* const made = new T;
    T* there = nullptr;
    if (item.compare_exchange_strong(there, made, std::memory_order_acq_rel)) return *made;
    delete made;  // another thread without a number was faster
    return *there;
  }

  std::array<std::atomic<T*>, stats::kMaxWorkers + 1> items_{};
};

}  // namespace outrigger::base
