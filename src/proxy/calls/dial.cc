#include "proxy/calls/dial.h"

#include "net/connect.h"
#include "proxy/calls/shared_wait.h"
#include "proxy/forwarding/upgrade.h"

namespace outrigger::proxy {

namespace {

// For an endpoint that wants to know: the client as trusted proxies tell it, which has a port where it is our peer.
std::string first_bytes(ActiveExchange& exchange, const upstream::Endpoint& endpoint) {
  if (!endpoint.is_for_one_client()) return {};
  const net::Transport* const client = exchange.client().transport();
  if (client == nullptr) return endpoint.first_bytes(nullptr);  // our own work, such as a refresh of the cache
  net::Ends ends = client->ends();
  if (exchange.client_ip() != exchange.peer_ip()) {
    const std::string_view ip = exchange.client_ip();
    const auto named = net::Address::parse(ip.contains(':') ? "[" + std::string(ip) + "]:1" : std::string(ip) + ":1");
    ends.source = named.value_or(net::Address());
    ends.source.set_port(0);
  }
  return endpoint.first_bytes(&ends);
}

Dialed failed(ActiveExchange& exchange, Failure failure, std::string_view detail) {
  if (failure == Failure::request_timeout) detail = {};
  return {.connection = nullptr, .failure = failure, .detail = exchange.arena().copy(detail)};
}

// What the connection is to speak where that is not what the endpoint always does: whatever the client says, or HTTP/1.
std::optional<net::tls::Offer> offer_for(const ActiveExchange& exchange, const upstream::Endpoint& endpoint) {
  if (exchange.is_tcp()) return net::tls::Offer::nothing;
  if (needs_http1(exchange, endpoint)) return net::tls::Offer::http1;
  return std::nullopt;
}

}  // namespace

bool needs_http1(const ActiveExchange& exchange, const upstream::Endpoint& endpoint) {
  return endpoint.tls().protocol == config::Protocol::automatic && !wanted_upgrade(exchange.request()).empty();
}

Task<Dialed> dial(ActiveExchange& exchange, upstream::Cluster& cluster, std::shared_ptr<upstream::Endpoint> endpoint) {
  const auto offer = offer_for(exchange, *endpoint);
  upstream::SharedConnections* const sharing = offer ? nullptr : endpoint->shared();
  if (sharing != nullptr && !sharing->speaks_http1()) {
    SharedWait wait(exchange, cluster, *endpoint);
    upstream::SharedConnections::Result found = co_await wait;
    if (found.failure != Failure::none) co_return failed(exchange, found.failure, found.detail);
    if (found.shared != nullptr || found.own) co_return Dialed{std::move(found.own), found.shared};
  }
  const Instant begin = exchange.now();
  const auto wrap = [&](int fd) { return endpoint->make_transport(exchange.loop(), fd, offer); };
  net::Connect connect(exchange.loop(), endpoint->addresses_to_try(begin), wrap, cluster.connect_limit(*endpoint),
                       exchange.wait(), first_bytes(exchange, *endpoint));
  net::Connect::Result result = co_await connect;
  if (!result.transport) co_return failed(exchange, result.failure, result.detail);
  endpoint->note_connected(result, cluster.stats(), begin, exchange.now());
  if (sharing != nullptr && result.transport->protocol() == "h2") {
    co_return Dialed{nullptr, &sharing->add(std::move(result.transport), cluster.dial_settings(*endpoint))};
  }
  co_return Dialed{std::make_unique<upstream::Connection>(exchange.loop(), std::move(result.transport),
                                                          cluster.stats().connections_open)};
}

}  // namespace outrigger::proxy
