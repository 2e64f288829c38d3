#pragma once

#include "http/h1/head_result.h"
#include "outrigger/message.h"

namespace outrigger::http::h1 {

// What to do with a path that two parties could read differently: `reject` refuses it, `keep` forwards it as it is.
enum class PathPolicy : std::uint8_t { reject, keep };

// Parses the request head at the front of `input`. RFC 9112 sections 2 to 7, strict: everything ambiguous is refused.
// `scanned` starts at 0 and is passed again with the same input grown. On `complete` the views in `out` point into
// `input` or the arena. Cost: linear in the head, no allocation but the field table.
HeadResult parse_request_head(std::string_view input, std::size_t& scanned, const HeadLimits& limits, PathPolicy policy,
                              RequestHead& out);

// Is `path` (no query) the same for every reader? Static text that says why not, or empty. Refused: dot segments,
// encoded slash, dot, backslash or NUL, double encoding, backslash, invalid UTF-8.
std::string_view ambiguity_of_path(std::string_view path);

}  // namespace outrigger::http::h1
