#pragma once

#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include "outrigger/arena.h"

namespace outrigger {

// Fields that framing, hop-by-hop rules or the proxy itself look at; set by the parser so that nobody compares names
// twice. `other` is every field not listed in field_id.def.
enum class FieldId : std::uint8_t {
  other,
#define OUTRIGGER_FIELD(id, name) id,
#include "outrigger/field_id.def"
#undef OUTRIGGER_FIELD
};

// A set of field ids. `other` is in none.
using FieldMask = std::uint64_t;
constexpr FieldMask field_bit(FieldId id) {
  return id == FieldId::other ? 0 : FieldMask{1} << static_cast<unsigned>(id);
}
template <typename... Ids>
constexpr FieldMask field_mask(Ids... ids) {
  return (field_bit(ids) | ...);
}

// The id of a field name, compared without case. Cost: a switch on the length and one compare.
FieldId field_id(std::string_view name);

// The name of a field as it is written by us ("Content-Length").
std::string_view field_name(FieldId id);

// RFC 9110 section 5.1: field names are compared without case (ASCII only).
bool equals_ignoring_case(std::string_view a, std::string_view b);

// One header field. `name` and `value` are views into the connection's read buffer or the exchange's arena; `value` has
// no leading or trailing blanks. `line` is the whole line as received, "Name: value\r\n", so that untouched neighbours
// leave in one copy; it is empty once the field was made or changed by us.
struct Field {
  std::string_view name;
  std::string_view value;
  std::string_view line;
  FieldId id = FieldId::other;
};

// A name with its id, so that who changes the same field for every request looks the id up once. The text must live as
// long as what is made with it.
struct FieldName {
  FieldName(std::string_view name) : text(name), id(field_id(name)) {}       // NOLINT: any name is one
  FieldName(const char* name) : FieldName(std::string_view(name)) {}         // NOLINT
  FieldName(const std::string& name) : FieldName(std::string_view(name)) {}  // NOLINT
  FieldName(std::string_view name, FieldId known) : text(name), id(known) {}
  bool is_of(const Field& field) const {
    return field.id == id && (id != FieldId::other || equals_ignoring_case(field.name, text));
  }
  std::string_view text;
  FieldId id;
};

// The fields of one message in their order, duplicates and case kept.
//
// Mutations of a request's fields are journalled so that a second `next()` can start from the same head (see
// filter.h). Field counts are small (limit 100), so look-ups scan; a 64-bit mask of the ids present makes a miss one
// test. Thread: the exchange's worker. Views passed in must live as long as the arena (`arena().copy(...)` if unsure).
class Headers {
 public:
  explicit Headers(Arena& arena) : arena_(&arena) {}

  const Field* begin() const { return fields_; }
  const Field* end() const { return fields_ + size_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // The first field with this id, null if there is none.
  const Field* find(FieldId id) const {
    if (!has(id)) return nullptr;
    const Field* field = fields_;
    while (field->id != id) ++field;
    return field;
  }
  // The value of the first field with this name, nothing if there is none.
  std::optional<std::string_view> get(FieldId id) const;
  std::optional<std::string_view> get(std::string_view name) const;
  bool has(FieldId id) const { return (present_ >> static_cast<unsigned>(id)) & 1U; }
  bool has_any(FieldMask ids) const { return (present_ & ids) != 0; }
  // How many fields have this id.
  std::size_t count(FieldId id) const;
  // Is there more than one? One test.
  bool is_repeated(FieldId id) const { return (repeated_ & field_bit(id)) != 0; }

  // Appends a field as it is.
  void push(const Field& field) {
    if (shared_ || size_ == capacity_) grow();
    new (&fields_[size_++]) Field(field);
    repeated_ |= present_ & field_bit(field.id);
    present_ |= field_bit(field.id);
  }

  // For parsers: room for fields behind those that are here, at least one.
  struct Room {
    Field* next;
    Field* end;
  };
  Room room() {
    if (shared_ || size_ == capacity_) grow();
    return {fields_ + size_, fields_ + capacity_};
  }
  // Takes the fields from the room's first up to `next`, which were written there; of all fields so far, which ids are
  // present, and which more than once.
  void take(const Field* next, FieldMask present, FieldMask repeated) {
    size_ = static_cast<std::uint32_t>(next - fields_);
    present_ = present;
    repeated_ = repeated;
  }
  // Behind the last: the lines of all fields, one behind the other as they were received.
  void set_received(std::string_view lines) {
    received_ = lines;
    received_count_ = size_;
  }
  // Those lines, while the fields they hold are still the first `received_count()` here, unchanged; else empty.
  std::string_view received() const { return received_; }
  std::size_t received_count() const { return received_count_; }

  // Appends a field; others with its name stay.
  void add(const FieldName& name, std::string_view value);
  // Puts the field where the first of this name stood, removes the others; appends if there was none.
  void set(const FieldName& name, std::string_view value);
  // Appends ", value" to the last field of this name (RFC 9110 section 5.3), adds it if there is none.
  void append(const FieldName& name, std::string_view value);
  // Removes every field with this name; how many there were.
  std::size_t remove(const FieldName& name);
  std::size_t remove(FieldId id);
  // Removes every field for which `predicate(const Field&)` is true.
  template <typename Predicate>
  std::size_t remove_if(Predicate predicate) {
    std::size_t out = 0;
    while (out < size_ && !predicate(fields_[out])) ++out;
    if (out == size_) return 0;
    touch();
    for (std::size_t i = out + 1; i < size_; ++i) {
      if (!predicate(fields_[i])) fields_[out++] = fields_[i];
    }
    const std::size_t removed = size_ - out;
    size_ = static_cast<std::uint32_t>(out);
    recount();
    return removed;
  }
  void clear();

  // A state to return to. Taking one is a few words; the first change after it copies the field table once
  // (copy on write), so `restore` is a few words too.
  struct Snapshot {
    Field* fields;
    std::uint32_t size;
    std::uint32_t capacity;
    FieldMask present;
    FieldMask repeated;
    std::string_view received;
    std::size_t received_count;
  };
  Snapshot snapshot();
  void restore(const Snapshot& snapshot);

  Arena& arena() const { return *arena_; }

 private:
  void touch();  // before a change: makes the table ours alone, its lines are no longer those received
  void grow();   // room for one more, in a table of ours
  void move_to(std::uint32_t capacity);
  void recount();

  Arena* arena_;
  Field* fields_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
  FieldMask present_ = 0;
  FieldMask repeated_ = 0;
  std::string_view received_;
  std::size_t received_count_ = 0;
  bool shared_ = false;  // a snapshot refers to the table
};

}  // namespace outrigger
