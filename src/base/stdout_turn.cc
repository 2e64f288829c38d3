#include "base/stdout_turn.h"

#include <atomic>

namespace outrigger::base {
namespace {

std::atomic<const void*> holder{nullptr};

}  // namespace

bool StdoutTurn::take(const void* who) {
  const void* nobody = nullptr;
  return holder.compare_exchange_strong(nobody, who, std::memory_order_acquire) || nobody == who;
}

void StdoutTurn::give_back(const void* who) {
  const void* expected = who;
  holder.compare_exchange_strong(expected, nullptr, std::memory_order_release);
}

}  // namespace outrigger::base
