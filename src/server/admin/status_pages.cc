#include "server/admin/status_pages.h"

#include "server/admin/accept.h"
#include "server/admin/answers.h"
#include "server/ask_workers.h"
#include "server/health_pages.h"
#include "server/server.h"

namespace outrigger::server {

namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kOpenMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";
constexpr std::string_view kPrometheus = "text/plain; version=0.0.4; charset=utf-8";

// What there is to say of a process that is ready.
std::string readiness(const LoadReport& report) {
  if (!report.ok) {
    return "ready, with the configuration before: the last reload failed\n" + report.headline() + "\n";
  }
  const std::string missing = RemoteDocuments::problems(false);
  return missing.empty() ? "ready\n" : "ready, but requests are refused without\n" + missing;
}

// What the checks of `adapters.health` say of the service.
struct Health {
  bool is_good = true;
  std::string text, json;  // of each entry that readiness depends on
};
Health look_at_health(const adapters::AdapterSet& set) {
  Health all;
  for (const adapters::HealthPage& page : adapters::health_pages(set)) {
    if (!page.is_for_readiness) continue;
    all.is_good = all.is_good && page.verdict->state() == adapters::HealthVerdict::State::healthy;
    all.text += adapters::health_text(*page.verdict, true);
    all.json += (all.json.empty() ? "" : ",") + adapters::health_json(*page.verdict, true);
  }
  return all;
}

// What has nothing to do with the checks of the service. In lines; empty: nothing.
std::string why_not_able(Server& server) {
  const Phase phase = server.lifecycle().phase();
  if (phase != Phase::serving) return std::string(name_of(phase)) + "\n";
  if (const std::string why = server.not_ready(); !why.empty()) return why + "\n";
  const std::string missing = RemoteDocuments::problems(true);
  return missing.empty() ? missing : "requests are refused without\n" + missing;
}

}  // namespace

std::string why_not_ready(Server& server) {
  if (std::string why = why_not_able(server); !why.empty()) return why;
  const Health health = look_at_health(*server.snapshot().adapters);
  return health.is_good ? std::string() : "the service is not well\n" + health.text;
}

Task<Response> StatusPages::handle(Exchange& exchange, Next) {
  const RequestHead& request = exchange.request();
  if (request.method != Method::get && request.method != Method::head) {
    Response refused = exchange.respond(405, "405 Method Not Allowed: status pages are read-only\n", kText);
    refused.headers().set("Allow", "GET, HEAD");
    co_return refused;
  }
  if (request.path() == "/metrics") co_return metrics_page(exchange, server_.adapters().metrics().collect());
  if (request.path() == "/livez") co_return co_await livez(exchange);
  if (request.path() == "/readyz") co_return readyz(exchange);
  if (request.path() == "/startupz") co_return exchange.respond(200, "started\n", kText);
  co_return exchange.respond(404, "404 Not Found: there are /metrics, /livez, /readyz and /startupz\n", kText);
}

Response metrics_page(Exchange& exchange, const std::vector<stats::MetricFamily>& families) {
  const std::string_view accept = exchange.request().headers.get("Accept").value_or("");
  const double open_weight = accepted(accept, "application/openmetrics-text");
  const bool wants_open = open_weight > 0 && open_weight >= accepted(accept, "text/plain");
  const std::string page = wants_open ? stats::open_metrics(families) : stats::text_format(families);
  return exchange.respond(200, exchange.arena().copy(page), wants_open ? kOpenMetrics : kPrometheus);
}

// Never depends on the service: a restart of this process would not mend it.
Task<Response> StatusPages::livez(Exchange& exchange) {
  const auto answers =
      co_await AskWorkers<bool>(server_.loop(), server_.workers(), [](Worker&) { return true; }, kWorkerLimit);
  if (answers.size() == server_.workers().size()) co_return exchange.respond(200, "alive\n", kText);
  co_return exchange.respond(503, "a worker does not answer\n", kText);
}

Response StatusPages::readyz(Exchange& exchange) {
  if (const std::string why = why_not_able(server_); !why.empty()) {
    return exchange.respond(503, exchange.arena().concat("not ready: ", why), kText);
  }
  const Health health = look_at_health(*server_.snapshot().adapters);
  if (!health.is_good) {
    return health_answer(exchange, false, "not ready: the service is not well\n" + health.text,
                         "{\"status\":\"not ready\",\"health\":[" + health.json + "]}\n");
  }
  return health_answer(exchange, true, readiness(server_.reloader().report()) + health.text,
                       "{\"status\":\"ready\",\"health\":[" + health.json + "]}\n");
}

}  // namespace outrigger::server
