#include "upstream/slots.h"

namespace outrigger::upstream {

bool Slots::acquire() {
  std::uint32_t taken = in_flight_.load();
  while (taken < limits_.in_flight) {
    if (in_flight_.compare_exchange_weak(taken, taken + 1)) return true;
  }
  return false;
}

void Slots::release() {
  if (queued_.load() != 0 && hand_over()) return;
  in_flight_.fetch_sub(1);
  if (queued_.load() != 0) grant_free_slots();
}

void Slots::grant_first() {
  Waiter& first = waiters_.front();
  first.unlink();
  first.is_granted_ = true;
  queued_.fetch_sub(1);
  first.granted();
}

// The slot stays taken on its way to the first in the queue: a newcomer can't be quicker.
bool Slots::hand_over() {
  std::lock_guard lock(mutex_);
  if (waiters_.empty()) return false;
  grant_first();
  return true;
}

void Slots::grant_free_slots() {
  std::lock_guard lock(mutex_);
  while (!waiters_.empty() && acquire()) grant_first();
}

Slots::Queued Slots::enqueue(Waiter& waiter) {
  std::lock_guard lock(mutex_);
  if (queued_.load() >= limits_.queue) return acquire() ? Queued::acquired : Queued::full;
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
