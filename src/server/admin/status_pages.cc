#include "server/admin/status_pages.h"

#include "outrigger/stats.h"
#include "server/ask_workers.h"
#include "server/server.h"

namespace outrigger::server {

namespace {

using namespace std::chrono_literals;

constexpr Duration kLiveLimit = 2s;
constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kPrometheus = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace

Task<Response> StatusPages::handle(Exchange& exchange, Next) {
  const RequestHead& request = exchange.request();
  if (request.method != Method::get && request.method != Method::head) {
    Response refused = exchange.respond(405, "405 Method Not Allowed: status pages are read-only\n", kText);
    refused.headers().set("Allow", "GET, HEAD");
    co_return refused;
  }
  if (request.path() == "/metrics") {
    co_return exchange.respond(200, exchange.arena().copy(stats::exposition()), kPrometheus);
  }
  if (request.path() == "/livez") co_return co_await livez(exchange);
  if (request.path() == "/readyz") co_return readyz(exchange);
  if (request.path() == "/startupz") co_return exchange.respond(200, "started\n", kText);
  co_return exchange.respond(404, "404 Not Found: there are /metrics, /livez, /readyz and /startupz\n", kText);
}

// Never depends on the service: a restart of this process would not mend it.
Task<Response> StatusPages::livez(Exchange& exchange) {
  const auto answers =
      co_await AskWorkers<bool>(server_.loop(), server_.workers(), [](Worker&) { return true; }, kLiveLimit);
  if (answers.size() == server_.workers().size()) co_return exchange.respond(200, "alive\n", kText);
  co_return exchange.respond(503, "a worker does not answer\n", kText);
}

Response StatusPages::readyz(Exchange& exchange) {
  const Phase phase = server_.lifecycle().phase();
  if (phase != Phase::serving) {
    return exchange.respond(503, exchange.arena().concat("not ready: ", name_of(phase), "\n"), kText);
  }
  if (const std::string why = server_.not_ready(); !why.empty()) {
    return exchange.respond(503, exchange.arena().concat("not ready: ", why, "\n"), kText);
  }
  if (const std::string missing = RemoteDocuments::problems(true); !missing.empty()) {
    return exchange.respond(503, exchange.arena().concat("not ready: requests are refused without\n", missing), kText);
  }
  const LoadReport& report = server_.reloader().report();
  if (const std::string missing = RemoteDocuments::problems(false); report.ok && !missing.empty()) {
    return exchange.respond(200, exchange.arena().concat("ready, but requests are refused without\n", missing), kText);
  }
  if (report.ok) return exchange.respond(200, "ready\n", kText);
  return exchange.respond(200,
                          exchange.arena().concat("ready, with the configuration before: the last reload failed\n",
                                                  report.headline(), "\n"),
                          kText);
}

}  // namespace outrigger::server
