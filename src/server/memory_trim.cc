#include "server/memory_trim.h"

#include <malloc.h>

#include <algorithm>

#include "base/memory_budget.h"

namespace outrigger::server {

using namespace std::chrono_literals;

namespace {

constexpr Duration kEvery = 10s;

}  // namespace

MemoryTrim::MemoryTrim(EventLoop& loop) : timer_(loop, [this] { look(); }) { timer_.start(kEvery); }

void MemoryTrim::look() {
  const std::uint64_t used = MemoryBudget::used();
  peak_ = std::max(peak_, MemoryBudget::take_peak());
  if (used < peak_ / 2 && peak_ - used >= kLeast) {
    ::malloc_trim(0);
    peak_ = used;
  }
  timer_.start(kEvery);
}

}  // namespace outrigger::server
