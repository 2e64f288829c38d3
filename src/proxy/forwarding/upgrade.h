#pragma once

#include <string_view>

#include "outrigger/message.h"

// Requests to go on with another protocol on the same connection. RFC 9110 section 7.8.
namespace outrigger::proxy {

// The protocols that a request asks for, as they are forwarded; empty: none. Only HTTP/1.1 knows how to ask; a request
// with content can't ask (nobody waits for the switch before it sends that); h2c is not passed on.
std::string_view wanted_upgrade(const RequestHead& request);
// Is that a WebSocket (RFC 6455), and nothing else?
bool asks_for_web_socket(const RequestHead& request);
// Does a 101 switch to one of them?
bool accepts_upgrade(std::string_view wanted, const ResponseHead& head);

}  // namespace outrigger::proxy
