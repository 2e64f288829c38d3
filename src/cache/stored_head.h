#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "outrigger/message.h"

namespace outrigger::cache {

// The head of an answer in memory of its own, laid out as it would stand on the wire: it goes out in one copy.
// Immutable once made; thread: any.
class StoredHead {
 public:
  // The fields of `head` for which `is_kept(const Field&)` is true, in their order.
  template <typename Keep>
  StoredHead(const ResponseHead& head, Keep is_kept) : StoredHead(head.status, head.reason) {
    for (const Field& field : head.headers) {
      if (is_kept(field)) append(field);
    }
  }
  StoredHead(std::uint16_t status, std::string_view reason);
  StoredHead(StoredHead&& other) noexcept = default;
  StoredHead& operator=(StoredHead&& other) noexcept = default;

  // While it is made.
  void append(const Field& field) { append(field.name, field.value); }
  void append(std::string_view name, std::string_view value);
  // Ends the making; nothing is read before.
  void finish();

  std::uint16_t status() const { return status_; }
  std::string_view reason() const;
  const std::vector<Field>& fields() const { return fields_; }
  bool has(FieldId id) const { return (present_ & field_bit(id)) != 0; }
  // The value of the first field with this id; empty if there is none.
  std::string_view get(FieldId id) const;
  // A head for one exchange; its views are into this, which must outlive it. Framing is for the caller to set.
  ResponseHead* copy_to(Arena& arena) const;
  std::size_t memory() const;

 private:
  struct Place {
    std::uint32_t line, name_size, value_size;
  };
  std::uint16_t status_;
  std::uint32_t reason_size_;
  std::vector<char> text_;     // status line, then the fields' lines; a string would move its views with a short text
  std::vector<Place> places_;  // of the fields, while it is made
  std::vector<Field> fields_;
  FieldMask present_ = 0, repeated_ = 0;
};

}  // namespace outrigger::cache
