#pragma once

#include <string>

#include "cache/cache_control.h"

namespace outrigger::cache {

// "Sun, 06 Nov 1994 08:49:37 GMT". RFC 9110 section 5.6.7.
std::string http_date(Seconds since_1970);

}  // namespace outrigger::cache
