#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

namespace outrigger {

// Memory of one exchange: coroutine frames, changed header fields, decisions. Everything in it ends with the exchange.
//
// Blocks come from a per-worker pool and are bumped through; nothing is given back one by one, except the newest
// allocation (frames are LIFO, so a retry loop does not grow). No destructor runs: store only what needs none, or run
// it yourself. In sanitizer builds each allocation is a malloc of its own, so that a use after free is seen.
// Thread: the worker that owns the exchange.
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() { reset(); }

  // `size` bytes aligned for any scalar type. Never null. Cost: a compare and an add, seldom a block.
  void* allocate(std::size_t size) {
    size = (size + kAlign - 1) & ~(kAlign - 1);
#ifndef OUTRIGGER_SANITIZED
    if (size <= static_cast<std::size_t>(limit_ - top_)) {
      void* result = top_;
      top_ += size;
      return result;
    }
#endif
    return allocate_slow(size);
  }

  // For an exchange that may stay open for long beside very many others: the first 16 KiB come in small blocks.
  // In front of the first allocation.
  void start_small();

  // Gives `p` back when it is the newest allocation of this block, else keeps it until reset().
  void release(void* p, std::size_t size) noexcept;

  template <typename T, typename... Args>
  T* make(Args&&... args) {
    static_assert(alignof(T) <= kAlign);
    return new (allocate(sizeof(T))) T(std::forward<Args>(args)...);
  }

  // `count` uninitialised elements of a trivial type.
  template <typename T>
  T* array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= kAlign);
    return static_cast<T*>(allocate(sizeof(T) * count));
  }

  // A copy that lives as long as the arena.
  std::string_view copy(std::string_view text) {
    char* data = array<char>(text.size());
    if (!text.empty()) std::memcpy(data, text.data(), text.size());
    return {data, text.size()};
  }

  // All parts joined into one view that lives as long as the arena.
  template <typename... Parts>
  std::string_view concat(const Parts&... parts) {
    const std::size_t size = (std::string_view(parts).size() + ... + 0);
    char* data = array<char>(size);
    char* at = data;
    ((at = append(at, parts)), ...);
    return {data, size};
  }

  // Frees everything; blocks go back to the pool of this thread.
  void reset() noexcept;

  static constexpr std::size_t kBlockSize = 16 * 1024;
  static constexpr std::size_t kSmallBlockSize = 4 * 1024;

 private:
  struct Block;
  static constexpr std::size_t kAlign = alignof(std::max_align_t);
  static char* append(char* at, std::string_view part) {
    if (!part.empty()) std::memcpy(at, part.data(), part.size());
    return at + part.size();
  }
  void* allocate_slow(std::size_t size);
  std::size_t next_block_size(std::size_t payload) const;

  char* top_ = nullptr;
  char* limit_ = nullptr;
  Block* blocks_ = nullptr;
};

}  // namespace outrigger
