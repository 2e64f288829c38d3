#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "base/memory_budget.h"
#include "base/pooled.h"

namespace outrigger {

// A read buffer of fixed size from a per-thread pool, empty until acquired and given back while its owner is idle.
// Counts against the MemoryBudget.
class Slab {
 public:
  static constexpr std::size_t kSize = 32 * 1024;

  void acquire() {
    if (!memory_) memory_.reset(new Memory);
  }
  void release() { memory_.reset(); }
  explicit operator bool() const { return memory_ != nullptr; }
  char* data() { return memory_->bytes; }
  void swap(Slab& other) { memory_.swap(other.memory_); }

 private:
  struct Memory : Pooled<Memory, 128> {
    Memory() { MemoryBudget::take(kSize); }
    ~Memory() { MemoryBudget::give(kSize); }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    char bytes[kSize];
  };
  std::unique_ptr<Memory> memory_;
};

}  // namespace outrigger
