#pragma once

#include <string_view>

#include "config/settings.h"
#include "outrigger/arena.h"

namespace outrigger::proxy {

// A request head that was written for any service as an old one needs it, in the arena: version, Host, names of fields,
// and whether the connection ends with the answer. A request of HTTP/1.0 is without the fields that only HTTP/1.1 knows
// (RFC 9110 section 2.5): TE, Transfer-Encoding, Connection, Upgrade, Expect.
std::string_view for_old_service(std::string_view head, const config::Legacy& legacy, Arena& arena);

}  // namespace outrigger::proxy
