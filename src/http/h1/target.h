#pragma once

#include <string_view>

// The grammar of request targets and authorities. RFC 9112 section 3.2, RFC 3986.
namespace outrigger::http::h1 {

// What the bytes of a target can lead to, one bit for each: most targets need no second look.
inline constexpr unsigned kMayBeRefused = 1;    // check_target must look: "%", "#", control characters, from 0x7f on
inline constexpr unsigned kMayBeAmbiguous = 2;  // ambiguity_of_path must look: "%", a dot, a backslash ...
// Of the bytes at `at` up to a blank, a control character or `end`, where it leaves `at`.
unsigned target_classes(const char*& at, const char* end);

// May these bytes stand in a target at all? Static text if not: control characters, blanks, bytes from 0x80 on, a
// fragment, in front of the query a `%` without two hexadecimal digits: in it "?q=100%" is common, and no reader takes
// it for another request.
std::string_view check_target(std::string_view target);

// uri-host [ ":" port ], RFC 9110 section 7.2. Stricter than RFC 3986: no userinfo, no empty host or port, no encoded
// bytes or "(),;=" in a name, in brackets only IPv6 without a zone; port at most 65535.
bool is_authority(std::string_view text);

// Is `path` (without query) the same path for every reader? Static text that says why not, else empty. Ambiguous are:
// dot segments, also with parameters ("/..;x/"); encoded slash, dot, backslash or NUL; a backslash; `%25` before two
// hexadecimal digits (decoded twice by some); what is not UTF-8 (RFC 3629) once decoded. "//" is not.
std::string_view ambiguity_of_path(std::string_view path);

}  // namespace outrigger::http::h1
