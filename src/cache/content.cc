#include "cache/content.h"

#include <algorithm>

namespace outrigger::cache {

Content::Room Content::room(std::uint64_t expected) {
  if (blocks_.empty() || blocks_.back().size == blocks_.back().capacity) {
    const std::size_t doubled = blocks_.empty() ? kFirst : 2 * blocks_.back().capacity;
    const std::uint64_t wanted = expected != 0 ? expected : doubled;
    const auto capacity = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, kLargest));
    blocks_.push_back({std::unique_ptr<char[]>(new char[capacity]), size_, 0, capacity});
    memory_ += capacity + sizeof(Block);
  }
  Block& last = blocks_.back();
  return {last.data.get() + last.size, last.capacity - last.size};
}

void Content::commit(std::size_t size) {
  blocks_.back().size += size;
  size_ += size;
}

std::string_view Content::at(std::uint64_t offset) const {
  if (offset >= size_ || blocks_.empty() || offset < blocks_.front().begin) return {};
  const auto behind = std::ranges::upper_bound(blocks_, offset, {}, &Block::begin);
  const Block& block = *(behind - 1);
  const auto inside = static_cast<std::size_t>(offset - block.begin);
  return {block.data.get() + inside, block.size - inside};
}

void Content::drop_before(std::uint64_t offset) {
  const auto is_kept = [offset](const Block& block) { return block.begin + block.size > offset || block.size == 0; };
  const auto first = std::ranges::find_if(blocks_, is_kept);
  for (auto block = blocks_.begin(); block != first; ++block) memory_ -= block->capacity + sizeof(Block);
  blocks_.erase(blocks_.begin(), first);
}

}  // namespace outrigger::cache
