#pragma once

#include <string>
#include <vector>

#include "outrigger/filter.h"
#include "stats/families.h"

namespace outrigger::server {

class Server;

// Metrics in what the client accepts: OpenMetrics if it names it, else Prometheus' own format. Thread: the main one.
Response metrics_page(Exchange& exchange, const std::vector<stats::MetricFamily>& families);

// In lines; empty: it is ready. Thread: the main one.
std::string why_not_ready(Server& server);

// What `status:` serves: /metrics (Prometheus text, or OpenMetrics where asked for), /livez (every worker answers),
// /readyz (503 from the moment the process begins to drain, while the app of `run --exec` is not up, and while the
// checks of `adapters.health` are not good; says when the latest reload failed) and /startupz. Read-only. Thread: the
// main one.
class StatusPages final : public Filter {
 public:
  explicit StatusPages(Server& server) : server_(server) {}
  Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  Task<Response> livez(Exchange& exchange);
  Response readyz(Exchange& exchange);

  Server& server_;
};

}  // namespace outrigger::server
