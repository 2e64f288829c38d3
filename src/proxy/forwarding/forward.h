#pragma once

#include <optional>
#include <string_view>

#include "proxy/active_exchange.h"

// Message heads as they leave: what one connection is about stays behind, what the next must know is added.
// RFC 9110 section 7.6. All of them are in the exchange's arena.
namespace outrigger::proxy {

// For Allow: every method but CONNECT may be one of the service's.
inline constexpr std::string_view kMethodsOffered = "GET, HEAD, POST, PUT, DELETE, OPTIONS, TRACE, PATCH";

// The request head for the service. Case and order of what stays are kept; behind it come, where they apply, Host (of
// the endpoint, for an HTTP/1.0 client without one), Transfer-Encoding, TE, Max-Forwards, Via, X-Forwarded-For, -Proto
// and -Host, and Forwarded if a trusted proxy uses it.
std::string_view write_request_head(ActiveExchange& exchange);

// The parts of it, for wires that have no lines: fields that stay behind or are written anew (Host is not among them),
// the host, whether the client understands trailers, and the fields that are added, a line each.
FieldMask left_out_of_request(const ActiveExchange& exchange);
std::string_view host_for(const ActiveExchange& exchange);
bool accepts_trailers(const ActiveExchange& exchange);
std::string_view write_added_fields(ActiveExchange& exchange);

// How the response goes to this client, and its head.
struct ResponseWire {
  std::string_view head;
  bool chunked = false;      // we frame with chunks
  bool until_close = false;  // the end of the connection ends the content
  bool keep_alive = false;   // the client may send its next request
};
// `may_keep`: our side can go on. Adds Date where there is none (RFC 9110 section 6.6.1) and, for an answer that is not
// simply the service's own, Proxy-Status (RFC 9209).
ResponseWire write_response_head(ActiveExchange& exchange, const Response& response, bool may_keep);

// What a response's head leaves behind. RFC 9110 section 8.6: no Content-Length in 1xx and 204; with `needs_framing`
// (content of unknown length) it would contradict the framing.
FieldMask left_out(const ResponseHead& head, bool needs_framing);
// Content of unknown length follows the head.
bool needs_framing(const ActiveExchange& exchange, const Response& response);
// The value of Proxy-Status for an answer that is not simply the service's own; empty: there is none.
std::string_view proxy_status(const Response& response, Arena& arena);

// A 1xx head to be relayed.
std::string_view write_interim_head(ActiveExchange& exchange, const ResponseHead& head);

// The answer to a TRACE or OPTIONS that may go no further because its Max-Forwards is 0 (RFC 9110 section 7.6.2), or
// holds no number; nothing when it goes on.
std::optional<Response> answer_as_last(ActiveExchange& exchange);

}  // namespace outrigger::proxy
