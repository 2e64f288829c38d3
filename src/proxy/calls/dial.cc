#include "proxy/calls/dial.h"

#include "net/connect.h"

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

}  // namespace

Task<Dialed> dial(ActiveExchange& exchange, upstream::Cluster& cluster, std::shared_ptr<upstream::Endpoint> endpoint) {
  const upstream::ClusterStats& stats = cluster.stats();
  const Instant begin = exchange.now();
  const auto wrap = [&exchange, &endpoint](int fd) { return endpoint->make_transport(exchange.loop(), fd); };
  net::Connect connect(exchange.loop(), endpoint->addresses_to_try(begin), wrap, cluster.connect_limit(*endpoint),
                       exchange.wait(), first_bytes(exchange, *endpoint));
  net::Connect::Result result = co_await connect;
  if (!result.transport) {
    if (result.failure == Failure::request_timeout) co_return Dialed{nullptr, result.failure, {}};
    co_return Dialed{nullptr, result.failure, exchange.arena().copy(result.detail)};
  }
  if (!result.is_first) {
    stats.address_fallbacks.add();
    endpoint->prefer(result.address, exchange.now());
  }
  stats.connections_opened.add();
  if (result.transport->is_resumed()) stats.tls_resumed.add();
  stats.connect_time.observe(std::chrono::duration<double>(exchange.now() - begin).count());
  co_return Dialed{
      std::make_unique<upstream::Connection>(exchange.loop(), std::move(result.transport), stats.connections_open),
      Failure::none,
      {}};
}

}  // namespace outrigger::proxy
