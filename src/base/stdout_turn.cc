#include "base/stdout_turn.h"

#include <atomic>

namespace outrigger::base {
namespace {

std::atomic<const void*> holder{nullptr};
std::atomic<bool> torn{false};  // changed by the holder only

}  // namespace

bool StdoutTurn::take(const void* who) {
  const void* nobody = nullptr;
  return holder.compare_exchange_strong(nobody, who, std::memory_order_acquire) || nobody == who;
}

void StdoutTurn::give_back(const void* who) {
  const void* expected = who;
  holder.compare_exchange_strong(expected, nullptr, std::memory_order_release);
}

void StdoutTurn::leave_torn(const void* who) {
  if (holder.load(std::memory_order_relaxed) != who) return;
  torn.store(true, std::memory_order_relaxed);
  give_back(who);
}

bool StdoutTurn::is_torn() { return torn.load(std::memory_order_relaxed); }

void StdoutTurn::mend() { torn.store(false, std::memory_order_relaxed); }

}  // namespace outrigger::base
