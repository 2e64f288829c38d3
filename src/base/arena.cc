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

// Warm blocks of a thread and of one size, last in, first out.
template <std::size_t Size, int Kept>
class BlockPool {
 public:
  ~BlockPool() {
    while (count_ > 0) std::free(blocks_[--count_]);
  }
  void* take() { return count_ > 0 ? blocks_[--count_] : std::malloc(Size); }
  void give(void* block) {
    if (count_ == Kept) return std::free(block);
    blocks_[count_++] = block;
  }
  static BlockPool& of_thread() {
    thread_local BlockPool instance;
    return instance;
  }

 private:
  void* blocks_[Kept];
  int count_ = 0;
};

using StandardBlocks = BlockPool<Arena::kBlockSize, 256>;    // 4 MiB
using SmallBlocks = BlockPool<Arena::kSmallBlockSize, 512>;  // 2 MiB
constexpr int kMostSmall = 4;                                // of one arena

void* take_block(std::size_t size) {
  if (size == Arena::kBlockSize) return StandardBlocks::of_thread().take();
  if (size == Arena::kSmallBlockSize) return SmallBlocks::of_thread().take();
  return std::malloc(size);
}

void give_block(void* block, std::size_t size) {
  if (size == Arena::kBlockSize) return StandardBlocks::of_thread().give(block);
  if (size == Arena::kSmallBlockSize) return SmallBlocks::of_thread().give(block);
  std::free(block);
}

}  // namespace

// An arena that began with small blocks goes on with them, up to a standard block in all.
std::size_t Arena::next_block_size(std::size_t payload) const {
  int small = 0;
  const Block* block = blocks_;
  while (block != nullptr && block->size == kSmallBlockSize - sizeof(Block)) {
    block = block->next;
    ++small;
  }
  const bool goes_on_small = small > 0 && small < kMostSmall && block == nullptr;
  if (goes_on_small && payload <= kSmallBlockSize - sizeof(Block)) return kSmallBlockSize;
  return payload <= kBlockSize - sizeof(Block) ? kBlockSize : sizeof(Block) + payload;
}
#endif

void Arena::start_small() {
#ifndef OUTRIGGER_SANITIZED
  if (blocks_ != nullptr) return;  // what it has is no smaller
  auto* block = new (take_block(kSmallBlockSize)) Block{blocks_, kSmallBlockSize - sizeof(Block)};
  MemoryBudget::take(block->size);
  blocks_ = block;
  top_ = block->payload();
  limit_ = top_ + block->size;
#endif
}

void* Arena::allocate_slow(std::size_t size) {
#ifdef OUTRIGGER_SANITIZED
  void* memory = std::malloc(sizeof(Block) + size);
  if (memory == nullptr) std::abort();
  MemoryBudget::take(size);
  auto* block = new (memory) Block{blocks_, size};
  blocks_ = block;
  return block->payload();
#else
  const std::size_t block_size = next_block_size(size);
  void* memory = take_block(block_size);
  if (memory == nullptr) std::abort();
  auto* block = new (memory) Block{blocks_, block_size - sizeof(Block)};
  MemoryBudget::take(block->size);
  blocks_ = block;
  if (block_size <= kBlockSize) {  // a larger block holds one allocation, so bumping goes on where it was
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
#ifdef OUTRIGGER_SANITIZED
    std::free(block);
#else
    give_block(block, sizeof(Block) + block->size);
#endif
  }
  top_ = limit_ = nullptr;
}

}  // namespace outrigger
