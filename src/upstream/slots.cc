#include "upstream/slots.h"

namespace outrigger::upstream {

void Slots::set_limits(const config::UpstreamLimits& limits) {
  std::lock_guard lock(mutex_);
  most_queued_ = limits.queue;
  most_in_flight_.store(limits.in_flight, std::memory_order_relaxed);
  grant_free_slots();
}

bool Slots::acquire() {
  std::uint32_t taken = in_flight_.load();
  while (taken < most_in_flight_.load(std::memory_order_relaxed)) {
    if (in_flight_.compare_exchange_weak(taken, taken + 1)) return true;
  }
  return false;
}

void Slots::release() {
  if (queued_.load() != 0 && hand_over()) return;
  in_flight_.fetch_sub(1);
  if (queued_.load() == 0) return;
  std::lock_guard lock(mutex_);
  grant_free_slots();
}

void Slots::grant_first() {
  Waiter& first = waiters_.front();
  first.unlink();
  first.is_granted_ = true;
  queued_.fetch_sub(1);
  first.granted();
}

// The slot stays taken on its way to the first in the queue: a newcomer can't be quicker. One that a lower limit does
// without is not passed on.
bool Slots::hand_over() {
  std::lock_guard lock(mutex_);
  if (waiters_.empty() || in_flight_.load() > most_in_flight_.load(std::memory_order_relaxed)) return false;
  grant_first();
  return true;
}

void Slots::grant_free_slots() {
  while (!waiters_.empty() && acquire()) grant_first();
}

Slots::Queued Slots::enqueue(Waiter& waiter) {
  std::lock_guard lock(mutex_);
  if (queued_.load() >= most_queued_) return acquire() ? Queued::acquired : Queued::full;
  queued_.fetch_add(1);
  if (waiters_.empty() && acquire()) {
    queued_.fetch_sub(1);
    return Queued::acquired;
  }
  waiters_.push_back(waiter);
  return Queued::waiting;
}

void Slots::abandon(Waiter& waiter) {
  {
    std::lock_guard lock(mutex_);
    if (!waiter.is_granted_) {
      if (waiter.is_linked()) queued_.fetch_sub(1);
      waiter.unlink();
      return;
    }
  }
  release();
}

}  // namespace outrigger::upstream
