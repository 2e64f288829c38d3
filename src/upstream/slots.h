#pragma once

#include <atomic>
#include <mutex>

#include "base/intrusive_list.h"
#include "config/settings.h"

namespace outrigger::upstream {

// What all workers share of one upstream, also across reloads: how many requests are in flight, and who waits for a
// slot, first come first served. Thread: any; acquire() and release() take no lock while nobody waits.
class Slots {
 public:
  explicit Slots(const config::UpstreamLimits& limits)
      : most_in_flight_(limits.in_flight), most_queued_(limits.queue) {}

  // Somebody in the queue. Destroyed by its own thread, after abandon() unless it was granted.
  class Waiter : public ListNode<Waiter> {
   public:
    // The slot is yours. On the thread that releases or sets limits, under the lock: pass it on to your own thread and
    // return.
    virtual void granted() = 0;

   protected:
    ~Waiter() = default;

   private:
    friend class Slots;
    bool is_granted_ = false;  // guarded by the mutex
  };

  enum class Queued : unsigned char { waiting, acquired, full };

  // From now on. More: who waits gets what became free. Fewer: those that are taken stay so, and none is granted until
  // fewer than that are; who waits goes on waiting.
  void set_limits(const config::UpstreamLimits& limits);
  // Takes a slot if one is free.
  bool acquire();
  // Gives one back, to the first in the queue if there is one.
  void release();
  // Queues for a slot; `acquired` when one became free meanwhile, `full` when the queue is.
  Queued enqueue(Waiter& waiter);
  // Gives up waiting, and the slot if it was granted meanwhile.
  void abandon(Waiter& waiter);

  std::uint32_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }
  std::uint32_t queued() const { return queued_.load(std::memory_order_relaxed); }

 private:
  bool hand_over();
  // With mutex_ held:
  void grant_first();
  void grant_free_slots();

  std::atomic<std::uint32_t> most_in_flight_;
  // Sequentially consistent, both: a releaser gives its slot back and then looks at the queue, a waiter queues and then
  // looks for a slot, so that at least one of them sees the other.
  std::atomic<std::uint32_t> in_flight_{0};
  std::atomic<std::uint32_t> queued_{0};
  std::mutex mutex_;
  std::uint32_t most_queued_;      // guarded by mutex_
  IntrusiveList<Waiter> waiters_;  // guarded by mutex_
};

}  // namespace outrigger::upstream
