#pragma once

#include "http/h1/head_result.h"
#include "outrigger/headers.h"
#include "outrigger/message.h"

// What requests, responses and trailers share: field lines and framing. RFC 9112 sections 5 and 6, RFC 9110 section 5.
namespace outrigger::http::h1 {

// RFC 9110 section 5.6.2.
bool is_token(std::string_view text);
bool is_token_char(char c);

// The length of the head at the front of `input` with its empty line, or npos while it is not complete. `scanned`
// remembers how far earlier calls looked.
std::size_t find_head_end(std::string_view input, std::size_t& scanned);

// Parses field lines up to and with the empty line. `text` starts at the first line and ends with the empty one.
// Empty result: fine. Otherwise static text that says what is wrong ("obs-fold").
// Refused: bare CR or LF, obs-fold, blank before the colon, names that are no tokens, control characters.
std::string_view parse_fields(std::string_view text, std::size_t max_fields, Headers& out);
inline constexpr std::string_view kTooManyFields = "too many fields";

// How the fields say the body is framed; more than one reading is an error.
struct FieldFraming {
  Framing framing = Framing::none;
  std::uint64_t length = 0;
  bool has_length = false;
  Failure failure = Failure::none;
  std::string_view detail{};
};
FieldFraming framing_of(const Headers& headers, Version version);

// RFC 9112 section 9.3: does the connection stay open after this message?
bool keeps_alive(const Headers& headers, Version version);

}  // namespace outrigger::http::h1
