#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "outrigger/headers.h"

namespace outrigger::filters {

struct Credentials {
  std::string user, password;
};

// User and password of the request's Authorization field, RFC 7617 section 2. Nothing if there is no such field, there
// are several, it has another scheme, or it is malformed: no base64, no colon, control characters in it.
std::optional<Credentials> basic_credentials(const Headers& headers);

}  // namespace outrigger::filters
