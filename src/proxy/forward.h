#pragma once

#include <string_view>

#include "proxy/active_exchange.h"

// Message heads as they leave: what one connection is about stays behind, what the next must know is added.
// RFC 9110 section 7.6.
namespace outrigger::proxy {

// The request head for the service, in the exchange's arena.
std::string_view write_request_head(ActiveExchange& exchange);

// How the response goes to this client, and its head.
struct ResponseWire {
  std::string_view head;
  bool chunked = false;     // we frame with chunks
  bool keep_alive = false;  // the client may send its next request
};
// `body_known_empty`: no content will follow (HEAD, 204, 304, or there is none). `may_keep`: our side can go on.
ResponseWire write_response_head(ActiveExchange& exchange, Response& response, bool may_keep);

// A 1xx head to be relayed.
std::string_view write_interim_head(ActiveExchange& exchange, const ResponseHead& head);

}  // namespace outrigger::proxy
