#include "outrigger/headers.h"

#include <algorithm>
#include <iterator>
#include <memory>

#include "http/known_field.h"

namespace outrigger {

namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

constexpr std::string_view kNames[] = {
    "",
#define OUTRIGGER_FIELD(id, name) name,
#include "outrigger/field_id.def"
#undef OUTRIGGER_FIELD
};

static_assert(std::size(kNames) <= 64, "Headers keeps one bit for each id");

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

FieldId field_id(std::string_view name) {
  if (name.empty() || !http::may_be_known(name)) return FieldId::other;
  const FieldId id = http::likely_field(name);
  return equals_ignoring_case(field_name(id), name) ? id : FieldId::other;
}

std::string_view field_name(FieldId id) { return kNames[static_cast<std::size_t>(id)]; }

std::optional<std::string_view> Headers::get(FieldId id) const {
  const Field* field = find(id);
  return field == nullptr ? std::nullopt : std::optional(field->value);
}

std::optional<std::string_view> Headers::get(std::string_view name) const {
  const FieldId id = field_id(name);
  if (id != FieldId::other) return get(id);
  for (const Field& field : *this) {
    if (field.id == id && equals_ignoring_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::size_t Headers::count(FieldId id) const {
  return has(id) ? static_cast<std::size_t>(std::count_if(begin(), end(), [id](const Field& f) { return f.id == id; }))
                 : 0;
}

void Headers::move_to(std::uint32_t capacity) {
  auto* fields = arena_->array<Field>(capacity);
  std::uninitialized_copy_n(fields_, size_, fields);
  fields_ = fields;
  capacity_ = capacity;
  shared_ = false;
}

void Headers::touch() {
  received_ = {};
  received_count_ = 0;
  if (shared_) move_to(capacity_);
}

void Headers::grow() {
  constexpr std::uint32_t kUsual = 24;
  move_to(size_ < capacity_ ? capacity_ : std::max(kUsual, capacity_ * 2));
}

void Headers::add(const FieldName& name, std::string_view value) { push({name.text, value, {}, name.id}); }

void Headers::set(const FieldName& name, std::string_view value) {
  std::size_t at = 0;
  const bool may_have = name.id == FieldId::other || has(name.id);
  while (may_have && at < size_ && !name.is_of(fields_[at])) ++at;
  if (!may_have || at == size_) return add(name, value);
  touch();
  fields_[at] = {name.text, value, {}, name.id};
  std::size_t out = ++at;
  for (; at < size_; ++at) {
    if (name.is_of(fields_[at])) continue;
    if (out != at) fields_[out] = fields_[at];
    ++out;
  }
  size_ = static_cast<std::uint32_t>(out);
  repeated_ &= ~field_bit(name.id);
}

void Headers::append(const FieldName& name, std::string_view value) {
  touch();
  for (std::uint32_t i = size_; i-- > 0;) {
    Field& field = fields_[i];
    if (!name.is_of(field)) continue;
    field.value = arena_->concat(field.value, ", ", value);
    field.line = {};
    return;
  }
  add(name, value);
}

std::size_t Headers::remove(const FieldName& name) {
  if (name.id != FieldId::other) return remove(name.id);
  return remove_if([&name](const Field& field) { return name.is_of(field); });
}

std::size_t Headers::remove(FieldId id) {
  return has(id) ? remove_if([id](const Field& field) { return field.id == id; }) : 0;
}

void Headers::clear() {
  fields_ = nullptr;
  size_ = capacity_ = 0;
  present_ = repeated_ = 0;
  received_ = {};
  received_count_ = 0;
  shared_ = false;
}

void Headers::recount() {
  present_ = repeated_ = 0;
  for (const Field& field : *this) {
    repeated_ |= present_ & field_bit(field.id);
    present_ |= field_bit(field.id);
  }
}

Headers::Snapshot Headers::snapshot() {
  shared_ = true;
  return {fields_, size_, capacity_, present_, repeated_, received_, received_count_};
}

void Headers::restore(const Snapshot& snapshot) {
  fields_ = snapshot.fields;
  size_ = snapshot.size;
  capacity_ = snapshot.capacity;
  present_ = snapshot.present;
  repeated_ = snapshot.repeated;
  received_ = snapshot.received;
  received_count_ = snapshot.received_count;
  shared_ = true;
}

}  // namespace outrigger
