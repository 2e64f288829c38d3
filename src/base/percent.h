#pragma once

#include <iterator>
#include <string>
#include <string_view>

namespace outrigger::base {

// Writes text as one part of a path or a value in a query to `out`: all but letters, digits and "-._~" as %2F and the
// like, up to three bytes for one. RFC 3986 sections 2.1 and 2.3. The end of what was written.
template <class Out>
Out percent_encode(std::string_view text, Out out) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                          c == '.' || c == '_' || c == '~';
    if (is_plain) {
      *out++ = c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    *out++ = '%';
    *out++ = kDigits[byte >> 4];
    *out++ = kDigits[byte & 15];
  }
  return out;
}

// The same as a string of its own.
inline std::string percent_encoded(std::string_view text) {
  std::string result;
  percent_encode(text, std::back_inserter(result));
  return result;
}

}  // namespace outrigger::base
