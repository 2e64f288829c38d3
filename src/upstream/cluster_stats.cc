#include "upstream/cluster_stats.h"

namespace outrigger::upstream {

namespace {

constexpr const char* kTries = "outrigger_upstream_tries_total";
constexpr const char* kTriesHelp = "Tries, by class of status or reason of failure.";
constexpr const char* kRejected = "outrigger_upstream_rejected_total";
constexpr const char* kRejectedHelp = "Requests that found no slot: the queue was full, or they waited too long.";

}  // namespace

ClusterStats::ClusterStats(const std::string& upstream) : upstream_(upstream) {
  const stats::Labels labels = {{"upstream", upstream}};
  const auto with = [&](const char* name, const char* value) {
    stats::Labels all = labels;
    all.emplace_back(name, value);
    return all;
  };
  static constexpr const char* kClasses[] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t i = 1; i < by_class_.size(); ++i) {
    by_class_[i] = stats::counter(kTries, kTriesHelp, with("result", kClasses[i]));
  }
  in_flight = stats::gauge("outrigger_upstream_requests_in_flight", "Requests that hold a slot.", labels);
  queued = stats::gauge("outrigger_upstream_requests_queued", "Requests that wait for a slot.", labels);
  queue_full = stats::counter(kRejected, kRejectedHelp, with("reason", "queue_full"));
  queue_timeout = stats::counter(kRejected, kRejectedHelp, with("reason", "queue_timeout"));
  connections_open = stats::gauge("outrigger_upstream_connections_open", "Connections, idle ones included.", labels);
  connections_idle = stats::gauge("outrigger_upstream_connections_idle", "Connections kept for reuse.", labels);
  connections_opened =
      stats::counter("outrigger_upstream_connections_opened_total", "Connections that were made.", labels);
  connections_reused =
      stats::counter("outrigger_upstream_connections_reused_total", "Requests sent on a kept connection.", labels);
  address_fallbacks =
      stats::counter("outrigger_upstream_address_fallbacks_total",
                     "Connections made to another address of the name than the one that was tried first.", labels);
  tls_resumed = stats::counter("outrigger_upstream_tls_resumed_total",
                               "Connections that took up an earlier TLS session.", labels);
  replays = stats::counter("outrigger_upstream_replays_total",
                           "Requests sent once more because a kept connection turned out to be closed.", labels);
  failovers = stats::counter("outrigger_upstream_failovers_total",
                             "Requests that went to another endpoint because the first could not be reached.", labels);
  connect_time = stats::histogram("outrigger_upstream_connect_duration_seconds",
                                  "To an open connection, TLS handshake included.", labels);
  head_time = stats::histogram("outrigger_upstream_try_duration_seconds",
                               "From the begin of a try to its final response head.", labels);
  endpoints = stats::gauge("outrigger_upstream_endpoints", "Endpoints that are known.", labels);
  lookups = stats::counter("outrigger_upstream_dns_lookups_total", "Names looked up.", labels);
  failed_lookups = stats::counter("outrigger_upstream_dns_failures_total",
                                  "Names that could not be looked up; the last good answer stays in use.", labels);
}

// Looks its counter up each time: failures are rare, and a counter for each would be a hundred kilobytes an upstream.
void ClusterStats::count_try(Failure failure) const {
  const std::string token(describe(failure).token);
  stats::counter(kTries, kTriesHelp, {{"upstream", upstream_}, {"result", token}}).add();
}

}  // namespace outrigger::upstream
