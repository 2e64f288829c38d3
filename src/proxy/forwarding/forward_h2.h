#pragma once

#include <span>

#include "http/h2/session.h"
#include "proxy/active_exchange.h"

// Message heads as they leave in HTTP/2: the same fields stay behind and are added as in HTTP/1 (forward.h).
namespace outrigger::proxy {

// Each in the exchange's arena, valid until the head is submitted.
//
// Of a request to a service that is reached with or without TLS. `opens_web_socket`: as an extended CONNECT (RFC 8441
// section 4).
std::span<const http::h2::OutField> request_fields(ActiveExchange& exchange, bool is_tls,
                                                   bool opens_web_socket = false);
std::span<const http::h2::OutField> response_fields(ActiveExchange& exchange, const Response& response);
// Of a 1xx.
std::span<const http::h2::OutField> interim_fields(ActiveExchange& exchange, const ResponseHead& head);

}  // namespace outrigger::proxy
