#include "proxy/dial.h"

#include <cerrno>
#include <cstring>

#include "net/address.h"

namespace outrigger::proxy {

namespace {

using net::IoEnd;

bool is_shortage(int error) { return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM; }

// "127.0.0.1:81: Connection refused"
std::string_view explain(Arena& arena, const net::Address& address, std::string_view what) {
  return arena.concat(address.text(), ": ", what);
}

Dialed failed(ActiveExchange& exchange, const net::Address& address, const net::Established& established, IoEnd end,
              const net::Transport& transport) {
  Arena& arena = exchange.arena();
  if (end == IoEnd::interrupted) return {nullptr, Failure::request_timeout, {}};
  if (end == IoEnd::timed_out) return {nullptr, Failure::connect_timeout, explain(arena, address, "no answer in time")};
  if (established.is_connecting()) {
    return {nullptr, Failure::connect_failed, explain(arena, address, std::strerror(established.error()))};
  }
  return {nullptr, transport.handshake_failure(), explain(arena, address, transport.error_text())};
}

}  // namespace

Task<Dialed> dial(ActiveExchange& exchange, upstream::Cluster& cluster, std::shared_ptr<upstream::Endpoint> endpoint) {
  const upstream::ClusterStats& stats = cluster.stats();
  const std::vector<net::Address> addresses = endpoint->addresses();  // the endpoint's own may change meanwhile
  Dialed last{nullptr, Failure::connect_failed, {}};
  for (const net::Address& address : addresses) {
    const Instant begin = exchange.now();
    const net::Connecting begun = net::start_connect(address);
    if (begun.fd < 0) {
      last.failure = is_shortage(begun.error) ? Failure::overloaded : Failure::connect_failed;
      last.detail = explain(exchange.arena(), address, std::strerror(begun.error));
      continue;
    }
    auto transport = endpoint->make_transport(exchange.loop(), begun.fd);
    net::Established established(exchange.loop(), *transport, begun.in_progress, cluster.connect_limit(*endpoint),
                                 exchange.wait());
    const IoEnd end = co_await established;
    if (end == IoEnd::done) {
      stats.connections_opened.add();
      if (transport->is_resumed()) stats.tls_resumed.add();
      stats.connect_time.observe(std::chrono::duration<double>(exchange.now() - begin).count());
      co_return Dialed{
          std::make_unique<upstream::Connection>(exchange.loop(), std::move(transport), stats.connections_open),
          Failure::none,
          {}};
    }
    last = failed(exchange, address, established, end, *transport);
    if (last.failure == Failure::request_timeout) break;
  }
  co_return last;
}

}  // namespace outrigger::proxy
