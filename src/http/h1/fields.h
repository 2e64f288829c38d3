#pragma once

#include <array>
#include <string_view>

#include "outrigger/headers.h"

// Field lines, shared by requests, responses and trailers. RFC 9112 section 5, RFC 9110 section 5.
namespace outrigger::http::h1 {

inline constexpr std::array<bool, 256> kTokenChars = [] {
  std::array<bool, 256> table{};
  for (const char c :
       std::string_view("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

// RFC 9110 section 5.6.2.
inline bool is_token_char(char c) { return kTokenChars[static_cast<unsigned char>(c)]; }
bool is_token(std::string_view text);

inline constexpr std::string_view kTooManyFields = "too many fields";

// Reads field lines up to and with the empty one. `text` was passed by scan_lines, which refused bare CR, bare LF and
// control characters, and ends with the empty line. Pushes to `out`; its views point into `text`.
// Returns nothing when all is well, else static text that says what is wrong: obs-fold, a blank before the first name
// or a colon, no colon, an empty name, a name that is no token, more than `max_fields` lines (kTooManyFields).
std::string_view parse_fields(std::string_view text, std::size_t max_fields, Headers& out);

}  // namespace outrigger::http::h1
