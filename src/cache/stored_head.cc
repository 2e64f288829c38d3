#include "cache/stored_head.h"

#include <algorithm>
#include <memory>

namespace outrigger::cache {

namespace {

constexpr std::string_view kVersion = "HTTP/1.1 ";
constexpr std::size_t kBeforeReason = kVersion.size() + 4;

void append_to(std::vector<char>& text, std::string_view part) { text.insert(text.end(), part.begin(), part.end()); }

}  // namespace

StoredHead::StoredHead(std::uint16_t status, std::string_view reason)
    : status_(status), reason_size_(static_cast<std::uint32_t>(reason.size())) {
  append_to(text_, kVersion);
  const char digits[] = {static_cast<char>('0' + status / 100), static_cast<char>('0' + status / 10 % 10),
                         static_cast<char>('0' + status % 10), ' '};
  append_to(text_, {digits, sizeof digits});
  append_to(text_, reason);
  append_to(text_, "\r\n");
}

void StoredHead::append(std::string_view name, std::string_view value) {
  places_.push_back({static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(name.size()),
                     static_cast<std::uint32_t>(value.size())});
  append_to(text_, name);
  append_to(text_, ": ");
  append_to(text_, value);
  append_to(text_, "\r\n");
}

void StoredHead::finish() {
  text_.shrink_to_fit();
  fields_.reserve(places_.size());
  for (const Place& place : places_) {
    const char* const line = text_.data() + place.line;
    const std::string_view name(line, place.name_size);
    const FieldId id = field_id(name);
    fields_.push_back({name,
                       {line + place.name_size + 2, place.value_size},
                       {line, std::size_t{place.name_size} + place.value_size + 4},
                       id});
    repeated_ |= present_ & field_bit(id);
    present_ |= field_bit(id);
  }
  places_ = {};
}

std::string_view StoredHead::reason() const { return {text_.data() + kBeforeReason, reason_size_}; }

std::string_view StoredHead::get(FieldId id) const {
  const auto found = std::ranges::find(fields_, id, &Field::id);
  return found == fields_.end() ? std::string_view{} : found->value;
}

ResponseHead* StoredHead::copy_to(Arena& arena) const {
  auto* const head = arena.make<ResponseHead>(arena);
  head->status = status_;
  head->reason = reason();
  const auto room = head->headers.room();
  if (static_cast<std::size_t>(room.end - room.next) < fields_.size()) {
    for (const Field& field : fields_) head->headers.push(field);
  } else {
    std::uninitialized_copy(fields_.begin(), fields_.end(), room.next);
    head->headers.take(room.next + fields_.size(), present_, repeated_);
  }
  const std::size_t lines = kBeforeReason + reason_size_ + 2;
  head->headers.set_received({text_.data() + lines, text_.size() - lines});
  return head;
}

std::size_t StoredHead::memory() const { return text_.capacity() + fields_.capacity() * sizeof(Field) + 32; }

}  // namespace outrigger::cache
