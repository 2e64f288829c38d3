#pragma once

#include <memory>
#include <string_view>

#include "outrigger/task.h"
#include "proxy/active_exchange.h"
#include "upstream/cluster.h"

namespace outrigger::proxy {

// A new connection, or why there is none; `detail` is a sentence in the exchange's arena, or empty.
struct Dialed {
  std::unique_ptr<upstream::Connection> connection{};
  upstream::SharedConnection* shared = nullptr;  // instead: one for many requests, this one among them
  Failure failure = Failure::none;
  std::string_view detail{};
};

// Does it take a connection of its own although the service may speak HTTP/2? Only HTTP/1 knows upgrades (RFC 9113
// section 8.6).
bool needs_http1(const ActiveExchange& exchange, const upstream::Endpoint& endpoint);

// Connects to one of the endpoint's addresses, with TLS where the upstream asks for it: see net::Connect. All of them
// together have the upstream's connect timeout, and end with the exchange's deadline. Where the service may speak
// HTTP/2, requests that come at the same time wait for one connection.
Task<Dialed> dial(ActiveExchange& exchange, upstream::Cluster& cluster, std::shared_ptr<upstream::Endpoint> endpoint);

}  // namespace outrigger::proxy
