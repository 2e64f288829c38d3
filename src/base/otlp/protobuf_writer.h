#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/utf8.h"

namespace outrigger::base {

// Puts one message of Protocol Buffers into a room of fixed size: at most kMaxNested bytes in a nested message. What
// does not fit is left out, and `is_full` says so: the message is of no use then. Source: the encoding's
// documentation, protobuf.dev/programming-guides/encoding.
class ProtobufWriter {
 public:
  static constexpr std::size_t kMaxNested = (1U << 14) - 1;

  ProtobufWriter(char* room, std::size_t size) : begin_(room), at_(room), end_(room + size) {}

  void varint(std::uint32_t field, std::uint64_t value) {
    tag(field, 0);
    plain_varint(value);
  }
  void fixed32(std::uint32_t field, std::uint32_t value) { fixed(tag(field, 5), value); }
  void fixed64(std::uint32_t field, std::uint64_t value) { fixed(tag(field, 1), value); }
  void float64(std::uint32_t field, double value) { fixed(tag(field, 1), value); }
  void bytes(std::uint32_t field, std::string_view value) {
    tag(field, 2);
    plain_varint(value.size());
    raw(value);
  }
  // A string, which is UTF-8: a byte that is none becomes the character of its number.
  void text(std::uint32_t field, std::string_view value) {
    Nested nested = begin(field);
    for_utf8(value, [this](std::string_view part) { raw(part); });
    end(nested);
  }

  // A nested message: what is written up to end() is inside. Its length takes two bytes, also where one would do: a
  // varint may have leading zeros.
  struct Nested {
    char* length;
  };
  Nested begin(std::uint32_t field) {
    tag(field, 2);
    char* const length = at_;
    raw({"\0\0", 2});
    return {length};
  }
  void end(Nested nested) {
    if (is_full_) return;
    const auto size = static_cast<std::size_t>(at_ - nested.length) - 2;
    is_full_ = size > kMaxNested;
    nested.length[0] = static_cast<char>((size & 0x7f) | 0x80);
    nested.length[1] = static_cast<char>(size >> 7 & 0x7f);
  }

  bool is_full() const { return is_full_; }
  std::size_t size() const { return static_cast<std::size_t>(at_ - begin_); }

 private:
  ProtobufWriter& tag(std::uint32_t field, std::uint32_t wire_type) {
    plain_varint(field << 3 | wire_type);
    return *this;
  }
  template <typename T>
  static void fixed(ProtobufWriter& out, T value) {  // little-endian, as every machine we run on
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    out.raw({bytes, sizeof value});
  }
  void plain_varint(std::uint64_t value) {
    char digits[10];
    std::size_t size = 0;
    for (; value >= 0x80; value >>= 7) digits[size++] = static_cast<char>((value & 0x7f) | 0x80);
    digits[size++] = static_cast<char>(value);
    raw({digits, size});
  }
  void raw(std::string_view part) {
    if (is_full_ || part.size() > static_cast<std::size_t>(end_ - at_)) {
      is_full_ = true;
      return;
    }
    if (!part.empty()) std::memcpy(at_, part.data(), part.size());
    at_ += part.size();
  }

  char* begin_;
  char* at_;
  char* end_;
  bool is_full_ = false;
};

// For messages of any size: each appends a field below 16.

// What `write` does with the writer, 20 bytes at most.
template <class Write>
void append_small(std::string& out, Write write) {
  char room[20];
  ProtobufWriter writer(room, sizeof room);
  write(writer);
  out.append(room, writer.size());
}
inline void append_varint(std::string& out, std::uint32_t field, std::uint64_t value) {
  append_small(out, [&](ProtobufWriter& writer) { writer.varint(field, value); });
}
inline void append_fixed64(std::string& out, std::uint32_t field, std::uint64_t value) {
  append_small(out, [&](ProtobufWriter& writer) { writer.fixed64(field, value); });
}
inline void append_float64(std::string& out, std::uint32_t field, double value) {
  append_small(out, [&](ProtobufWriter& writer) { writer.float64(field, value); });
}
// A nested message or bytes.
inline void append_nested(std::string& out, std::uint32_t field, std::string_view content) {
  out += static_cast<char>(field << 3 | 2);
  std::size_t size = content.size();
  for (; size >= 0x80; size >>= 7) out += static_cast<char>((size & 0x7f) | 0x80);
  out += static_cast<char>(size);
  out += content;
}
// A string: UTF-8 as ProtobufWriter::text makes it.
inline void append_text(std::string& out, std::uint32_t field, std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  for_utf8(text, [&](std::string_view part) { valid += part; });
  append_nested(out, field, valid);
}

}  // namespace outrigger::base
