#pragma once

#include <expected>
#include <string_view>

#include "outrigger/arena.h"

namespace outrigger::http::h1 {

// The normal form of `path` (without query; check_target passed it), for `path: decode`: what many servers make of it
// before they look at it. RFC 3986 section 6.2.2.
//
//   - unreserved characters and "/" decoded: "%41" is "A", "%2F" is "/", "%2e" is "."; other encoded bytes stay, with
//     upper-case digits: "%3b" is "%3B"
//   - dot segments resolved: "/a/../b" is "/b"
// Refused (static text) is what has no single meaning even then: a path above the root; dot segments with parameters;
// a backslash or NUL, encoded or not; `%25` before two hexadecimal digits; what is not UTF-8.
// The result passes ambiguity_of_path, is its own normal form, and lives as long as `path` and the arena.
std::expected<std::string_view, std::string_view> normal_path(std::string_view path, Arena& arena);

}  // namespace outrigger::http::h1
