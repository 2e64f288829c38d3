#pragma once

#include <string>
#include <string_view>

namespace outrigger::base {

// Text as one part of a path or a value in a query: all but letters, digits and "-._~" as %2F and the like. RFC 3986
// sections 2.1 and 2.3.
inline std::string percent_encoded(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                          c == '.' || c == '_' || c == '~';
    if (is_plain) {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      ((result += '%') += kDigits[byte >> 4]) += kDigits[byte & 15];
    }
  }
  return result;
}

}  // namespace outrigger::base
