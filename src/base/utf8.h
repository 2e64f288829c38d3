#pragma once

#include <cstddef>
#include <string_view>

namespace outrigger::base {

// Length of the character at the front if it is UTF-8 of more than one byte, else 0. `text` is not empty. RFC 3629
// section 4.
std::size_t utf8_prefix(std::string_view text);

// Calls `take(std::string_view)` with parts that together are the text in UTF-8: a byte of no character becomes the
// character of its number.
template <class Take>
void for_utf8(std::string_view text, Take take) {
  while (!text.empty()) {
    std::size_t size = 0;
    while (size < text.size() && static_cast<signed char>(text[size]) >= 0) ++size;
    if (size == 0) size = utf8_prefix(text);
    if (size == 0) {
      const auto byte = static_cast<unsigned char>(text[0]);
      const char pair[] = {static_cast<char>(0xc0 | byte >> 6), static_cast<char>(0x80 | (byte & 0x3f))};
      take(std::string_view(pair, 2));
      size = 1;
    } else {
      take(text.substr(0, size));
    }
    text.remove_prefix(size);
  }
}

}  // namespace outrigger::base
