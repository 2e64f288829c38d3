#include "cache/entry.h"

#include <charconv>

namespace outrigger::cache {

namespace {

// A node of the index with its bucket, one for what the key has besides, a node of a queue, two control blocks, and
// what the allocator adds to each.
constexpr std::uint64_t kOverhead = 432;

std::uint64_t memory_of(const std::string& text) { return text.capacity() > 15 ? text.capacity() + 16 : 0; }

}  // namespace

bool Entry::is_whole() const {
  const std::uint16_t status = head.status();
  const std::string_view announced = head.get(FieldId::content_length);
  if (announced.empty() || status == 204 || status == 304) return true;
  std::uint64_t length = 0;
  const char* const end = announced.data() + announced.size();
  const auto [rest, error] = std::from_chars(announced.data(), end, length);
  return error == std::errc() && rest == end && length == size;
}

std::uint64_t Entry::memory() const {
  std::uint64_t total = sizeof(Entry) + kOverhead + (memory_of(url) + memory_of(extra)) * 2 + head.memory();
  for (const VaryField& field : vary) {
    total += sizeof field + memory_of(field.name) + (field.value ? memory_of(*field.value) : 0);
  }
  for (const std::string& tag : tags) total += sizeof tag + memory_of(tag);
  return total + (content ? sizeof(Content) + content->memory() : 0);
}

}  // namespace outrigger::cache
