#pragma once

#include <string_view>

namespace outrigger::server {

// How much an Accept field wants this media type, 0 to 1; 0 where it does not name it by itself (wildcards do not
// count). RFC 9110 section 12.5.1; parameters other than the weight are not looked at.
double accepted(std::string_view accept, std::string_view type);

}  // namespace outrigger::server
