#include "cache/entry.h"

namespace outrigger::cache {

namespace {

// A node of the index with its bucket, a node of a queue, two control blocks, and what the allocator adds to each.
constexpr std::uint64_t kOverhead = 320;

std::uint64_t memory_of(const std::string& text) { return text.capacity() > 15 ? text.capacity() + 16 : 0; }

}  // namespace

std::uint64_t Entry::memory() const {
  std::uint64_t total = sizeof(Entry) + kOverhead + memory_of(url) * 2 + memory_of(extra) + head.memory();
  for (const VaryField& field : vary) {
    total += sizeof field + memory_of(field.name) + (field.value ? memory_of(*field.value) : 0);
  }
  for (const std::string& tag : tags) total += sizeof tag + memory_of(tag);
  return total + (content ? sizeof(Content) + content->memory() : 0);
}

}  // namespace outrigger::cache
