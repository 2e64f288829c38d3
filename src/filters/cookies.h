#pragma once

#include <optional>
#include <string_view>

#include "outrigger/headers.h"

namespace outrigger::filters {

// The value of the cookie `name` (RFC 6265 section 5.4, quotes taken off); nothing if there is none or it is sent more
// than once: parties that choose differently could be played against each other.
std::optional<std::string_view> cookie_of(const Headers& headers, std::string_view name);

// Takes the cookie out of every Cookie field; a field that held nothing else goes.
void remove_cookie(Headers& headers, std::string_view name);

}  // namespace outrigger::filters
