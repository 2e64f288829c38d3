#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "outrigger/headers.h"

namespace outrigger::http::h1 {

// Puts a head into a buffer of its caller. What does not fit is left out, with everything behind it, and overflowed()
// says so. The caller writes the first line and the empty one. Escapes nothing: names and values must be valid.
class HeadWriter {
 public:
  HeadWriter(char* begin, char* end) : begin_(begin), at_(begin), end_(end) {}

  void append(std::string_view text) {
    if (text.size() > static_cast<std::size_t>(end_ - at_)) {
      overflowed_ = true;
      end_ = at_;
      return;
    }
    if (!text.empty()) std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  // Text whose length is known when compiled: a few moves.
  template <std::size_t kSize>
  void literal(const char (&text)[kSize]) {
    append({text, kSize - 1});
  }
  // In decimal.
  void append_number(std::uint64_t number);

  // "Name: value\r\n"
  void field(std::string_view name, std::string_view value);
  // All fields in their order. Neighbours that were received together and not changed leave in one copy.
  void fields(const Headers& headers);

  // Bytes written.
  std::size_t size() const { return static_cast<std::size_t>(at_ - begin_); }
  bool overflowed() const { return overflowed_; }

 private:
  char* begin_;
  char* at_;
  char* end_;
  bool overflowed_ = false;
};

// Writes the size line of a chunk, "1f4\r\n", and returns how long it is. `out` holds at least kMaxChunkHead bytes. The
// chunk's content and "\r\n" follow; size 0 makes the last chunk. RFC 9112 section 7.1.
inline constexpr std::size_t kMaxChunkHead = 18;
std::size_t write_chunk_head(char* out, std::uint64_t size);

}  // namespace outrigger::http::h1
