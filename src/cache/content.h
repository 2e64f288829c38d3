#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace outrigger::cache {

// The content of an answer in blocks of memory. While it grows, who brings it and who reads it agree on a lock of
// theirs; afterwards it is immutable and shared without one.
//
// Bytes never move: a view into a block stays good as long as the block.
class Content {
 public:
  // Room at the end for at least one byte; `expected` more bytes are announced, 0: unknown. Only committed bytes exist.
  struct Room {
    char* data;
    std::size_t size;
  };
  Room room(std::uint64_t expected);
  void commit(std::size_t size);
  // The bytes from `offset` on that lie side by side; empty at the end, and where it was dropped.
  std::string_view at(std::uint64_t offset) const;
  // Gives back the blocks that lie wholly before `offset`.
  void drop_before(std::uint64_t offset);

  std::uint64_t size() const { return size_; }
  // The first byte that is still held.
  std::uint64_t begin() const { return blocks_.empty() ? size_ : blocks_.front().begin; }
  // Bytes of all blocks that are held.
  std::uint64_t memory() const { return memory_; }

 private:
  static constexpr std::size_t kFirst = 4 * 1024;
  static constexpr std::size_t kLargest = 256 * 1024;

  struct Block {
    std::unique_ptr<char[]> data;
    std::uint64_t begin;
    std::size_t size, capacity;
  };
  std::vector<Block> blocks_;
  std::uint64_t size_ = 0;
  std::uint64_t memory_ = 0;
};

}  // namespace outrigger::cache
