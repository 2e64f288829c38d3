#pragma once

#include "outrigger/grpc.h"
#include "proxy/active_exchange.h"

namespace outrigger::proxy {

// A call of gRPC, which knows no answers but its own.
inline bool wants_grpc_reply(const ActiveExchange& exchange) {
  return exchange.request().version == Version::http2 && grpc::is_call(exchange.request());
}

// An answer of our own to a call of gRPC: status 200, grpc-status by its failure or HTTP status, grpc-message, and no
// content. What else its head says stays, the content's fields aside.
Response grpc_reply(ActiveExchange& exchange, const Response& response);

}  // namespace outrigger::proxy
