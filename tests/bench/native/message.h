#pragma once

#include <strings.h>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

// Just enough HTTP/1 for a benchmark: heads of well-behaved peers, bodies with a length.
namespace bench {

// The size of the head at the front of `bytes`, its empty line included; 0 while it is incomplete.
inline std::size_t head_size(std::string_view bytes) {
  const auto end = bytes.find("\r\n\r\n");
  return end == std::string_view::npos ? 0 : end + 4;
}

// The value of the first field `name`, compared without case; empty if there is none.
inline std::string_view field(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n") + 2; at + name.size() < head.size();) {
    const std::size_t end = head.find("\r\n", at);
    const std::string_view line = head.substr(at, end - at);
    if (line.size() > name.size() && line[name.size()] == ':' &&
        ::strncasecmp(line.data(), name.data(), name.size()) == 0) {
      std::string_view value = line.substr(name.size() + 1);
      while (value.starts_with(' ')) value.remove_prefix(1);
      return value;
    }
    at = end + 2;
  }
  return {};
}

inline std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

inline std::uint64_t content_length(std::string_view head) { return number(field(head, "Content-Length")); }

inline bool asks_to_close(std::string_view head) {
  const std::string_view value = field(head, "Connection");
  return value.size() == 5 && ::strncasecmp(value.data(), "close", 5) == 0;
}

// What every body consists of: byte `i` of it. Two ends that disagree about a position notice.
inline const std::string& pattern() {
  static const std::string bytes = [] {
    std::string made(std::size_t{4} << 20, '\0');
    std::uint32_t state = 1;
    for (char& byte : made) {
      state = state * 1664525U + 1013904223U;
      byte = static_cast<char>('a' + (state >> 24U) % 26U);
    }
    return made;
  }();
  return bytes;
}

// Does `bytes` stand in a body at `offset`?
inline bool matches_pattern(std::uint64_t offset, std::string_view bytes) {
  return offset + bytes.size() <= pattern().size() && std::string_view(pattern()).substr(offset, bytes.size()) == bytes;
}

}  // namespace bench
