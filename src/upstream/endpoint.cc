#include "upstream/endpoint.h"

#include <algorithm>

#include "net/tls/tls_transport.h"

namespace outrigger::upstream {

namespace {

std::uint64_t next_serial() {
  thread_local std::uint64_t serial = 0;
  return ++serial;
}

}  // namespace

Endpoint::Endpoint(std::string name, EndpointTls tls, stats::Gauge idle)
    : name_(std::move(name)), tls_(std::move(tls)), serial_(next_serial()), idle_gauge_(idle) {
  if (tls_.context) sessions_ = std::make_shared<net::tls::SessionCache>();
}

Endpoint::~Endpoint() { retire(); }

void Endpoint::share_load(SharedLoad load) {
  if (shared_load_) shared_load_->fetch_sub(active_, std::memory_order_relaxed);
  shared_load_ = std::move(load);
  if (shared_load_) shared_load_->fetch_add(active_, std::memory_order_relaxed);
}

void Endpoint::set_addresses(std::vector<net::Address> addresses) {
  addresses_ = net::alternate_families(std::move(addresses));
  only_ip_ = addresses_.size() == 1 && !addresses_.front().is_unix() ? addresses_.front().ip() : std::string();
}

std::vector<net::Address> Endpoint::addresses_to_try(Instant now) const {
  std::vector<net::Address> order = addresses_;
  if (now >= preferred_until_) return order;
  const auto found = std::ranges::find(order, preferred_);
  if (found != order.end()) std::rotate(order.begin(), found, std::next(found));
  return order;
}

void Endpoint::prefer(const net::Address& address, Instant now) {
  preferred_ = address;
  preferred_until_ = now + std::chrono::minutes(10);
}

std::unique_ptr<net::Transport> Endpoint::make_transport(EventLoop& loop, int fd,
                                                         std::optional<net::tls::Offer> offer) const {
  if (tls_.context) return net::tls::connect(loop, fd, tls_.context, tls_.server_name, sessions_, offer);
  return std::make_unique<net::Socket>(loop, fd);
}

std::string Endpoint::first_bytes(const net::Ends* client) const {
  if (!tls_.proxy_protocol) return {};
  const bool is_line = *tls_.proxy_protocol == config::ProxyProtocol::v1;
  return is_line ? net::proxy_header_v1(client) : net::proxy_header_v2(client);
}

void Endpoint::note_connected(const net::Connect::Result& made, const ClusterStats& stats, Instant begin, Instant now) {
  if (!made.is_first) {
    stats.address_fallbacks.add();
    prefer(made.address, now);
  }
  stats.connections_opened.add();
  if (made.transport->is_resumed()) stats.tls_resumed.add();
  stats.connect_time.observe(std::chrono::duration<double>(now - begin).count());
}

void Endpoint::share_connections(EventLoop& loop) {
  shared_ = std::make_unique<SharedConnections>(loop, *this, tls_.protocol == config::Protocol::http2);
}

std::unique_ptr<Connection> Endpoint::take_idle(bool check) {
  while (!idle_.empty()) {
    std::unique_ptr<Connection> connection(&idle_.front());
    connection->leave_idle();
    count_idle(-1);
    if (!check || connection->is_quiet()) return connection;
  }
  return nullptr;
}

// The kernel is not asked where the last read was short and no event told of a close: that would be a system call per
// request, and what a close that comes later costs is a check in take_idle() or a request that is sent twice.
void Endpoint::keep_idle(std::unique_ptr<Connection> connection, Duration limit) {
  if (is_retired_ || is_for_one_client()) return;
  net::Transport& transport = connection->transport();
  transport.settle();
  if ((transport.has_pending() || transport.watch().may_read()) && !connection->is_quiet()) return;
  while (idle_count_ > 0 && idle_count_ >= most_idle_) close_oldest();
  idle_.push_front(*connection);
  count_idle(+1);
  connection.release()->become_idle(*this, limit);
}

void Endpoint::close_oldest() {
  count_idle(-1);
  delete &idle_.back();
}

void Endpoint::retire() {
  is_retired_ = true;
  while (!idle_.empty()) close_oldest();
  if (shared_) shared_->retire();
}

}  // namespace outrigger::upstream
