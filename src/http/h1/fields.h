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

// What became of the field lines at the front of a text.
struct FieldLines {
  std::size_t size = 0;         // bytes up to and with the empty line; 0: there is none yet, or see `error`
  std::string_view error{};     // static text: obs-fold, a blank before the first name or a colon, no colon, an empty
                                // name, a name that is no token, a bare CR or LF, a control character, kTooManyFields
  bool has_underscore = false;  // in a name
};

// Reads field lines up to and with the empty one; at most `max_fields`. Pushes to `out`, which was empty, and whose
// views point into `text`. Reads nothing outside it. After an error or without an end `out` holds what was read so far.
// Cost: about 80 instructions a line and half of one a byte, with AVX2.
FieldLines read_fields(std::string_view text, std::size_t max_fields, Headers& out);
// The same for every processor: what read_fields does where there is no AVX2.
FieldLines read_fields_plain(std::string_view text, std::size_t max_fields, Headers& out);

}  // namespace outrigger::http::h1
