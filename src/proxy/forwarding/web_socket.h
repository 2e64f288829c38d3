#pragma once

#include <string_view>

#include "outrigger/message.h"

// A WebSocket that a client asks for in HTTP/1 (RFC 6455 section 4), at a service that speaks HTTP/2 (RFC 8441): what
// the client sees of it.
namespace outrigger::proxy {

// Why the handshake can't be answered, static; empty: it can.
std::string_view handshake_problem(const RequestHead& request);
// The 101 for the service's 2xx: it proves that the client's key was read (RFC 6455 section 4.2.2). In the arena of
// `agreed`.
ResponseHead* switched_head(const RequestHead& request, const ResponseHead& agreed);

}  // namespace outrigger::proxy
