#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "outrigger/headers.h"

// What a message says about its caching. RFC 9111 section 5.2, RFC 5861, RFC 9213.
namespace outrigger::cache {

// Whole seconds. What a message says is at most kLongest.
using Seconds = std::int64_t;
inline constexpr Seconds kLongest = std::int64_t{1} << 31;  // RFC 9111 section 1.2.2

// The directives of a request or an answer that a shared cache acts on; unknown ones are passed over.
//
// Lengths that can't be read count as 0, and so does one that is given twice with different values: what it says would
// be stale at once (RFC 9111 section 4.2.1). Views are into the message.
struct CacheControl {
  bool is_present = false;  // the message has the field, whatever stands in it
  bool no_store = false;
  bool no_cache = false;    // without field names
  bool is_private = false;  // without field names
  bool is_public = false;
  bool must_revalidate = false;
  bool proxy_revalidate = false;
  bool must_understand = false;
  bool only_if_cached = false;
  std::string_view no_cache_fields, private_fields;  // comma-separated names
  std::optional<Seconds> max_age, s_maxage, min_fresh, stale_while_revalidate, stale_if_error;
  std::optional<Seconds> max_stale;  // kLongest: any
};

// All fields `name` of `headers` together.
CacheControl parse_cache_control(const Headers& headers, const FieldName& name = "Cache-Control");

// The same of a targeted field, which is a dictionary of RFC 8941. Nothing where the field is missing, empty or not
// well-formed: then the next one counts. RFC 9213 section 2.1.
std::optional<CacheControl> parse_targeted(const Headers& headers, const FieldName& name);

// Digits only, at most kLongest; nothing for anything else. RFC 9111 section 1.2.2.
std::optional<Seconds> parse_delta_seconds(std::string_view text);

// Is `name` one of the comma-separated `names`? Without case.
bool names_field(std::string_view names, std::string_view name);

}  // namespace outrigger::cache
