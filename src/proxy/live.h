#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cidr.h"
#include "config/settings.h"
#include "http/h1/request_parser.h"
#include "outrigger/filter.h"
#include "outrigger/stats.h"
#include "proxy/downstream/client_address.h"
#include "proxy/downstream/connection_count.h"
#include "proxy/routing/route_matcher.h"
#include "upstream/client_contexts.h"
#include "upstream/cluster.h"

// What one worker runs: filters, chains, routes and pools made from the settings. Built on the worker between two
// events; exchanges keep the one they began with.
namespace outrigger::proxy {

using base::Cidr;

// All deadlines of an exchange, no member unset.
struct Limits {
  Duration request;
  Duration backend_request;
  Duration request_head;
  Duration body_idle;
  Duration keep_alive;
  std::optional<Duration> tunnel_idle;  // not set: by protocol
};
// What a listener's requests may be.
http::h1::HeadLimits head_limits(const config::Listener& listener);
http::h1::PathPolicy path_policy(const config::Listener& listener);
Limits effective(const config::Timeouts& outer, const config::Timeouts& inner);

// A chain of filters that ends in `terminal`.
class Chain {
 public:
  Chain() = default;
  // `mark` with an empty name: no filter of the file.
  void add(std::unique_ptr<Filter> filter, FilterMark mark = {}) {
    filters_.push_back(std::move(filter));
    marks_.push_back(std::move(mark));
  }
  // Links the filters; after this `first()` is valid. `rest` continues another chain.
  void finish(const Link* rest);
  const Link* first() const { return first_; }
  const std::vector<std::unique_ptr<Filter>>& filters() const { return filters_; }

 private:
  std::vector<std::unique_ptr<Filter>> filters_;
  std::vector<FilterMark> marks_;  // as many
  std::vector<Link> links_;
  const Link* first_ = nullptr;
};

struct LiveUpstream {
  std::shared_ptr<upstream::Cluster> cluster;
  Chain chain;                    // the upstream's filters, then the call
  std::unique_ptr<Filter> entry;  // into the chain, for filters of others; null: nobody asked
  Link entry_link{};
};

struct LiveRoute {
  std::string name;
  Limits limits;
  std::string upstream;  // where it leads, if that is one
  Chain chain;
};

// Why a connection that had to begin with a PROXY header was closed.
enum class HeaderRefusal : unsigned char { untrusted, malformed, closed, timeout };

// Counts of one listener, their labels resolved.
struct ListenerStats {
  ListenerStats() = default;
  explicit ListenerStats(const config::Listener& listener);
  void count(const Outcome& outcome);
  stats::Counter by_class[6];  // 0: no answer; 1 to 5: 1xx to 5xx
  stats::Histogram duration;
  stats::Gauge in_flight;
  stats::Counter request_bytes, response_bytes;
  stats::Counter connections;
  stats::Gauge open_connections;
  stats::Counter limit_pauses;
  stats::Counter client_refusals;
  stats::Counter handshake_pauses;
  stats::Counter handshake_failures;
  stats::Counter header_refusals[4];  // by HeaderRefusal
};

struct LiveListener {
  config::Listener settings;
  Limits limits;
  TrustedProxies trusted;
  Chain chain;
  std::deque<LiveRoute> routes;
  std::vector<std::string_view> hidden_parameters;  // of its filters and all that may stand behind them
  ListenerStats stats;
  bool routes_by_name = false;  // has protocol tcp and asks for the server name of a TLS handshake
  bool sheds_load = true;       // over limits.memory it answers 503; not so where the process is watched
  std::shared_ptr<ConnectionCount> count = std::make_shared<ConnectionCount>();  // of the process
};

// Counts reasons of failures, one counter each.
struct FailureStats {
  FailureStats() = default;  // counts where nobody looks
  static FailureStats registered();
  static constexpr std::size_t kFailures = 1
#define OUTRIGGER_FAILURE(name, side, status, retry, proxy_status, text) +1
#include "outrigger/failure.def"
#undef OUTRIGGER_FAILURE
      ;
  stats::Counter by_failure[kFailures];
  void count(Failure failure) { by_failure[static_cast<std::size_t>(failure)].add(); }
};

struct LiveConfig {
  std::string dns_servers;
  std::shared_ptr<net::dns::Resolver> resolver;
  std::map<std::string, LiveUpstream, std::less<>> upstreams;
  std::map<std::string, LiveListener, std::less<>> listeners;  // by name
};

// What a live configuration is made of besides its settings.
struct LiveParts {
  EventLoop& loop;
  KeyedStore& store;
  const upstream::ClientContexts& upstream_tls;
  // Makes what stands in front of a listener's filters; null, or a null filter: nothing.
  std::function<std::unique_ptr<Filter>(const config::Listener&)> make_front{};
};

// Builds what `settings` describe; clusters that `previous` has with equal settings go on as they are, endpoints that
// it has by the same name with their connections. Thread: the worker.
std::shared_ptr<LiveConfig> build_live(const config::Settings& settings, LiveParts parts, const LiveConfig* previous);

}  // namespace outrigger::proxy
