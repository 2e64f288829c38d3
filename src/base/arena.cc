#include "outrigger/arena.h"

#include <cstdlib>
#include <utility>

#include "base/memory_budget.h"

namespace outrigger {

// A block, or in sanitizer builds one allocation. The header keeps the payload aligned.
struct alignas(std::max_align_t) Arena::Block {
  Block* next;
  std::size_t size;  // of the payload
  char* payload() { return reinterpret_cast<char*>(this + 1); }
};

#ifndef OUTRIGGER_SANITIZED
namespace {

constexpr int kKeptBlocks = 256;  // 4 MiB a thread

// Warm blocks of a thread, last in, first out.
struct BlockPool {
  void* blocks[kKeptBlocks];
  int count = 0;
  ~BlockPool() {
    while (count > 0) std::free(blocks[--count]);
  }
};

BlockPool& pool() {
  thread_local BlockPool instance;
  return instance;
}

}  // namespace
#endif

void* Arena::allocate_slow(std::size_t size) {
#ifdef OUTRIGGER_SANITIZED
  void* memory = std::malloc(sizeof(Block) + size);
  if (memory == nullptr) std::abort();
  MemoryBudget::take(size);
  auto* block = new (memory) Block{blocks_, size};
  blocks_ = block;
  return block->payload();
#else
  constexpr std::size_t kPayload = kBlockSize - sizeof(Block);
  BlockPool& kept = pool();
  const bool is_standard = size <= kPayload;
  void* memory = is_standard && kept.count > 0 ? kept.blocks[--kept.count]
                                               : std::malloc(is_standard ? kBlockSize : sizeof(Block) + size);
  if (memory == nullptr) std::abort();
  auto* block = new (memory) Block{blocks_, is_standard ? kPayload : size};
  MemoryBudget::take(block->size);
  blocks_ = block;
  if (is_standard) {  // a larger block holds one allocation, so bumping goes on where it was
    top_ = block->payload() + size;
    limit_ = block->payload() + block->size;
  }
  return block->payload();
#endif
}

void Arena::release(void* p, [[maybe_unused]] std::size_t size) noexcept {
#ifdef OUTRIGGER_SANITIZED
  for (Block** link = &blocks_; *link != nullptr; link = &(*link)->next) {
    if ((*link)->payload() != p) continue;
    Block* block = *link;
    *link = block->next;
    MemoryBudget::give(block->size);
    std::free(block);
    return;
  }
#else
  size = (size + kAlign - 1) & ~(kAlign - 1);
  // Only the newest allocation of the current block ends at top_.
  if (static_cast<char*>(p) + size == top_) top_ = static_cast<char*>(p);
#endif
}

void Arena::reset() noexcept {
  while (blocks_ != nullptr) {
    Block* block = std::exchange(blocks_, blocks_->next);
    MemoryBudget::give(block->size);
#ifndef OUTRIGGER_SANITIZED
    BlockPool& kept = pool();
    if (block->size == kBlockSize - sizeof(Block) && kept.count < kKeptBlocks) {
      kept.blocks[kept.count++] = block;
      continue;
    }
#endif
    std::free(block);
  }
  top_ = limit_ = nullptr;
}

}  // namespace outrigger
