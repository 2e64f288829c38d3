#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

// What may stand in the parts of a message: for filters that make such parts from settings or from a request. Whoever
// puts a value into a head checks it, since heads are written as they are.
namespace outrigger {

// A method or the name of a field: a token, RFC 9110 section 5.6.2.
bool is_token(std::string_view text);
// The value of a field: no control character but a tab, so that it can't end its line. RFC 9110 section 5.5.
bool is_field_value(std::string_view text);
// Host, with a port or without. RFC 9110 section 7.2, stricter: no userinfo, no empty host or port.
bool is_authority(std::string_view text);
// Path and query as they go into a request line: "/" first, visible ASCII, no fragment, every `%` before two
// hexadecimal digits. RFC 9112 section 3.2.1.
bool is_target(std::string_view text);
// May two readers take this path for different ones? Dot segments, encoded slashes and the like (`path: reject`).
bool is_ambiguous_path(std::string_view path);
// Seconds since 1970 of an HTTP-date in any of its three forms. RFC 9110 section 5.6.7.
std::optional<std::int64_t> parse_http_date(std::string_view text);

}  // namespace outrigger
