#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "net/address.h"
#include "net/connect.h"
#include "net/proxy_header.h"
#include "net/tls/context.h"
#include "net/tls/session_cache.h"
#include "outrigger/stats.h"
#include "upstream/balancing/latency.h"
#include "upstream/cluster_stats.h"
#include "upstream/connection.h"
#include "upstream/shared/shared_connections.h"

namespace outrigger::upstream {

// How the connections to an endpoint begin; equal for two snapshots when connections may go on.
struct EndpointTls {
  std::shared_ptr<net::tls::ClientContext> context;       // null: plain text
  std::string server_name;                                // what the certificate must be for
  std::optional<config::ProxyProtocol> proxy_protocol{};  // in front of all else
  bool lenient_head = false;                              // its lines may end with LF alone
  config::Protocol protocol = config::Protocol::http1;    // what is spoken then
  bool operator==(const EndpointTls&) const = default;
};

// One place where an upstream is served, with this worker's idle connections to it. Shared by the cluster and the
// exchanges that use it: after the cluster lets it go it lives until the last of them ends. Thread: its worker.
class Endpoint : public std::enable_shared_from_this<Endpoint> {
 public:
  // `name`: as in the file, or "10.0.0.1:80" for one of several addresses of a name. `idle` counts kept connections.
  Endpoint(std::string name, EndpointTls tls, stats::Gauge idle = {});
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  const std::string& name() const { return name_; }
  const EndpointTls& tls() const { return tls_; }
  // Differs from every other endpoint's that this thread ever had: an exchange remembers by it what it tried.
  std::uint64_t serial() const { return serial_; }
  // As the name has them, the families in turn; empty while it does not resolve.
  const std::vector<net::Address>& addresses() const { return addresses_; }
  void set_addresses(std::vector<net::Address> addresses);
  // The only IP address that it can be reached at, as text; empty: there are several, or none.
  std::string_view only_ip() const { return only_ip_; }
  // In the order in which they are to be tried.
  std::vector<net::Address> addresses_to_try(Instant now) const;
  // This one answered before those in front of it: for ten minutes (RFC 6555 section 4.2) it is tried first.
  void prefer(const net::Address& address, Instant now);
  bool is_loopback() const { return !addresses_.empty() && addresses_.front().is_loopback(); }
  // A transport for a socket that is connected or on its way. `offer`: by ALPN, if not what goes with its protocol.
  // Takes the descriptor.
  std::unique_ptr<net::Transport> make_transport(EventLoop& loop, int fd,
                                                 std::optional<net::tls::Offer> offer = std::nullopt) const;

  // Each connection carries one client's address, so none is kept for another request.
  bool is_for_one_client() const { return tls_.proxy_protocol.has_value(); }
  // Lines of its heads may end with LF alone.
  bool is_lenient() const { return tls_.lenient_head; }
  // What a connection begins with, in front of TLS: the PROXY header for a client's connection, or for one of our own
  // (null); mostly nothing.
  std::string first_bytes(const net::Ends* client) const;

  // Requests that this worker has on their way to it.
  std::uint32_t active() const { return active_; }
  void begin() {
    ++active_;
    if (shared_load_) shared_load_->fetch_add(1, std::memory_order_relaxed);
  }
  void end() {
    --active_;
    if (shared_load_) shared_load_->fetch_sub(1, std::memory_order_relaxed);
  }
  // Those of all workers that share a count with it; else active().
  using SharedLoad = std::shared_ptr<std::atomic<std::uint32_t>>;
  std::uint32_t load() const { return shared_load_ ? shared_load_->load(std::memory_order_relaxed) : active_; }
  bool shares_load() const { return shared_load_ != nullptr; }
  // From now on, for requests under way too; null: counts for itself.
  void share_load(SharedLoad load);
  Latency& latency() { return latency_; }
  const Latency& latency() const { return latency_; }

  // Counts a connection that was made, and remembers where.
  void note_connected(const net::Connect::Result& made, const ClusterStats& stats, Instant begin, Instant now);

  // Null: it speaks HTTP/1 only, as all do until share_connections().
  SharedConnections* shared() const { return shared_.get(); }
  void share_connections(EventLoop& loop);

  // The connection that was used last, or null. `check` asks the kernel whether the service closed it meanwhile.
  std::unique_ptr<Connection> take_idle(bool check);
  // Keeps a connection for at most `limit`; the one that was idle longest makes room.
  void keep_idle(std::unique_ptr<Connection> connection, Duration limit);
  std::size_t idle() const { return idle_count_; }
  // So many are kept: as many as may be in use at a time, or they would be closed and made anew at full load.
  void set_most_idle(std::size_t most) { most_idle_ = most; }
  // It is no part of the upstream any more: idle connections close now, others after their request.
  void retire();

 private:
  friend class Connection;
  // An idle connection ended by itself.
  void forget() { count_idle(-1); }
  void count_idle(int change) {
    idle_count_ += static_cast<std::size_t>(change);
    idle_gauge_.add(change);
  }
  void close_oldest();

  std::string name_;
  EndpointTls tls_;
  std::shared_ptr<net::tls::SessionCache> sessions_;
  std::uint64_t serial_;
  std::vector<net::Address> addresses_;
  std::string only_ip_;
  net::Address preferred_;
  Instant preferred_until_{};
  std::uint32_t active_ = 0;
  SharedLoad shared_load_;
  Latency latency_;
  bool is_retired_ = false;
  stats::Gauge idle_gauge_;
  std::size_t idle_count_ = 0;
  std::size_t most_idle_ = 256;
  std::unique_ptr<SharedConnections> shared_;
  IntrusiveList<Connection> idle_;  // used last first
};

}  // namespace outrigger::upstream
