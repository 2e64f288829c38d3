#pragma once

#include <string_view>

#include "outrigger/clock.h"

namespace outrigger::proxy {

// The Date field's value, "Sun, 06 Nov 1994 08:49:37 GMT". RFC 9110 section 5.6.7. Made once a second and thread; valid
// until the next call. Cost: a division and a compare.
std::string_view http_date(WallTime now);

}  // namespace outrigger::proxy
