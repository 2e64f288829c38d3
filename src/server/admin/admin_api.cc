#include "server/admin/admin_api.h"

#include <unistd.h>

#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "filters/circuit_breaker/breaker_directory.h"
#include "net/address.h"
#include "server/admin/answers.h"
#include "server/admin/cache_report.h"
#include "server/admin/dashboard.h"
#include "server/admin/query.h"
#include "server/admin/status_pages.h"
#include "server/admin/times.h"
#include "server/admin/upstream_report.h"
#include "server/ask_workers.h"
#include "server/server.h"

namespace outrigger::server {

namespace {

using nlohmann::json;
constexpr std::string_view kLevels[] = {"debug", "info", "warn", "error"};

// The time does not tell how much of the token was right.
bool is_same_secret(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < b.size(); ++i) {
    difference |= static_cast<unsigned>(static_cast<unsigned char>(i < a.size() ? a[i] : '\0') ^
                                        static_cast<unsigned char>(b[i]));
  }
  return difference == 0;
}

bool is_this_machine(std::string_view host) {
  if (host.empty() || equals_ignoring_case(host, "localhost")) return true;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  std::array<std::byte, 16> storage;
  return !net::ip_bytes(host, storage).empty();
}

json drain_state(const Lifecycle& lifecycle) {
  return {{"is_overdue", lifecycle.is_overdue()},
          {"limit_ms", std::chrono::duration_cast<std::chrono::milliseconds>(lifecycle.drain_limit()).count()}};
}

json app_state(const App* app) {
  if (app == nullptr) return nullptr;
  const auto code = app->exit_code();
  return {{"phase", std::string(name_of(app->phase()))},
          {"pid", app->pid()},
          {"restarts", app->restarts()},
          {"exit_code", code ? json(*code) : json()}};
}

json report_of(const LoadReport& report) {
  const json errors = json::parse(config::to_json(report.diagnostics));
  return {{"ok", report.ok}, {"at", utc(report.at)}, {"generation", report.generation}, {"diagnostics", errors}};
}

}  // namespace

struct AdminApi::Call {
  std::string_view path;  // one that ends in "/" takes what follows
  Method method;
  Task<Response> (AdminApi::*handle)(Exchange&);
  std::string_view help;
};

const AdminApi::Call AdminApi::kCalls[] = {
    {"/api", Method::get, &AdminApi::index, "this list"},
    {"/api/info", Method::get, &AdminApi::info, "version, uptime, phase, why it is not ready, the latest reload"},
    {"/api/config", Method::get, &AdminApi::config, "the effective configuration and where each value was set, YAML"},
    {"/api/requests", Method::get, &AdminApi::requests,
     "kept requests: ?status=5xx&path=/a&host=&failure=&slower_than=1s&kind=failed&limit=50"},
    {"/api/requests/", Method::get, &AdminApi::request, "REQUEST-ID: why it was answered so"},
    {"/api/tap", Method::get, &AdminApi::tap, "requests as they end, JSON lines; the conditions of /api/requests"},
    {"/api/metrics", Method::get, &AdminApi::metrics, "as /metrics of the status address; ?own=1: Outrigger's alone"},
    {"/api/upstreams", Method::get, &AdminApi::upstreams, "endpoints with health and source, connections, requests"},
    {"/api/breakers", Method::get, &AdminApi::breakers, "state and counts of every circuit breaker"},
    {"/api/breakers/", Method::post, &AdminApi::force_breaker,
     "UPSTREAM/open, /closed or /automatic; UPSTREAM/ENDPOINT/open"},
    {"/api/caches", Method::get, &AdminApi::caches, "what every cache holds and did"},
    {"/api/caches/purge", Method::post, &AdminApi::purge,
     "?url=, ?prefix=, ?host=, ?tag= or ?all=1; &soft=1: stale only"},
    {"/api/reload", Method::post, &AdminApi::reload, "reads the configuration again; 422 when it is refused"},
    {"/api/drain", Method::post, &AdminApi::drain,
     "not ready, then no new connections; the process stays. /api/info says how it goes"},
    {"/api/log-level", Method::get, &AdminApi::log_level, "level of the process log"},
    {"/api/log-level/", Method::post, &AdminApi::set_log_level, "debug, info, warn or error, until the next reload"},
};

bool AdminApi::is_authorized(const RequestHead& request) const {
  const std::string& token = server_.snapshot().admin_token;
  if (token.empty()) return true;
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view given = request.headers.get(FieldId::authorization).value_or("");
  return given.size() > kScheme.size() && equals_ignoring_case(given.substr(0, kScheme.size()), kScheme) &&
         is_same_secret(given.substr(kScheme.size()), token);
}

std::string_view AdminApi::refusal(const RequestHead& request) const {
  if (server_.snapshot().admin_token.empty() && !is_this_machine(request.host())) {
    return "Host must be localhost or an IP address: another name may be a trick of a web page";
  }
  const auto origin = request.headers.get("Origin");
  if (origin &&
      origin->substr(std::min(origin->find("://"), origin->size())) != "://" + std::string(request.authority)) {
    return "a request from another site";
  }
  const auto site = request.headers.get("Sec-Fetch-Site");
  if (site && *site != "same-origin" && *site != "none" && !is_visit(request)) return "a request from another site";
  return {};
}

Task<Response> AdminApi::handle(Exchange& exchange, Next) {
  const RequestHead& request = exchange.request();
  if (const auto why = refusal(request); !why.empty()) co_return refuse(exchange, 403, why);
  if (const DashboardFile* file = dashboard_file(request.path())) co_return answer_file(exchange, *file);
  if (!is_authorized(request)) {
    Response refused = refuse(exchange, 401, "the admin API needs its token: Authorization: Bearer TOKEN");
    refused.headers().set("WWW-Authenticate", "Bearer");
    co_return refused;
  }
  const Call* other_method = nullptr;
  for (const Call& call : kCalls) {
    const bool takes_more = call.path.size() > 1 && call.path.ends_with('/');
    if (takes_more ? !request.path().starts_with(call.path) : request.path() != call.path) continue;
    other_method = &call;
    const bool is_read = call.method == Method::get && request.method == Method::head;
    if (request.method == call.method || is_read) co_return co_await (this->*call.handle)(exchange);
  }
  if (other_method == nullptr) co_return refuse(exchange, 404, "no such call; GET /api lists them");
  co_return refuse_method(exchange, other_method->method == Method::post ? "POST" : "GET, HEAD");
}

Task<Response> AdminApi::index(Exchange& exchange) {
  std::string text = "Outrigger " OUTRIGGER_VERSION ", admin API\n\n";
  for (const Call& call : kCalls) {
    std::string line(call.method == Method::post ? "POST " : "GET  ");
    line.append(call.path);
    line.resize(std::max<std::size_t>(line.size() + 1, 24), ' ');
    text.append(line).append(call.help).append("\n");
  }
  co_return exchange.respond(200, exchange.arena().copy(text), "text/plain; charset=utf-8");
}

Task<Response> AdminApi::info(Exchange& exchange) {
  const auto uptime = std::chrono::system_clock::now() - server_.started();
  std::vector<std::size_t> connections;  // by worker
  for (const auto& worker : server_.workers()) connections.push_back(worker->connections());
  co_return answer(exchange, {{"version", OUTRIGGER_VERSION},
                              {"pid", ::getpid()},
                              {"started", utc(server_.started())},
                              {"uptime_seconds", std::chrono::duration_cast<std::chrono::seconds>(uptime).count()},
                              {"phase", std::string(name_of(server_.lifecycle().phase()))},
                              {"not_ready", why_not_ready(server_)},
                              {"missing", RemoteDocuments::problems(false)},
                              {"drain", drain_state(server_.lifecycle())},
                              {"app", app_state(server_.app())},
                              {"file", server_.reloader().source().file},
                              {"workers", server_.workers().size()},
                              {"open_connections", std::accumulate(connections.begin(), connections.end(), 0UZ)},
                              {"open_connections_by_worker", connections},
                              {"reload", report_of(server_.reloader().report())}});
}

Task<Response> AdminApi::config(Exchange& exchange) {
  const std::string text = config::dump(server_.snapshot().settings, server_.catalog());
  co_return exchange.respond(200, exchange.arena().copy(text), "application/yaml");
}

Task<Response> AdminApi::metrics(Exchange& exchange) {
  const bool wants_all = exchange.request().query() != "own=1";
  co_return metrics_page(exchange, wants_all ? server_.adapters().metrics().collect() : stats::collect());
}

Task<Response> AdminApi::upstreams(Exchange& exchange) {
  const auto parts = co_await AskWorkers<std::vector<UpstreamReport>>(server_.loop(), server_.workers(),
                                                                      &report_upstreams, kWorkerLimit);
  co_return answer(exchange, as_json(merged(parts)));
}

Task<Response> AdminApi::breakers(Exchange& exchange) {
  static constexpr const char* kPositions[] = {"closed", "open", "half_open"};
  static constexpr const char* kForces[] = {"automatic", "open", "closed"};
  json list = json::array();
  for (const filters::BreakerInfo& breaker : filters::breaker_snapshot()) {
    list.push_back({{"upstream", breaker.upstream},
                    {"route", breaker.route},
                    {"endpoint", breaker.endpoint},
                    {"place", breaker.place},
                    {"state", kPositions[static_cast<int>(breaker.state)]},
                    {"forced", kForces[static_cast<int>(breaker.force)]},
                    {"reason", breaker.reason},
                    {"requests", breaker.requests},
                    {"failures", breaker.failures},
                    {"slow", breaker.slow},
                    {"open_for_ms", std::chrono::duration_cast<std::chrono::milliseconds>(breaker.open_for).count()}});
  }
  co_return answer(exchange, list);
}

Task<Response> AdminApi::force_breaker(Exchange& exchange) {
  using filters::BreakerForce;
  static constexpr std::pair<std::string_view, BreakerForce> kWords[] = {
      {"/open", BreakerForce::open}, {"/closed", BreakerForce::closed}, {"/automatic", BreakerForce::automatic}};
  const std::string asked = percent_decoded(behind(exchange, "/api/breakers/"));
  for (const auto& [word, force] : kWords) {
    if (!asked.ends_with(word)) continue;
    const std::string_view whose = std::string_view(asked).substr(0, asked.size() - word.size());
    const std::string_view upstream = whose.substr(0, whose.find('/'));
    const std::string_view endpoint = whose.substr(std::min(upstream.size() + 1, whose.size()));
    if (!filters::force_breaker(upstream, endpoint, force)) co_return refuse(exchange, 404, "there is no such breaker");
    co_return answer(exchange, {{"upstream", std::string(upstream)},
                                {"endpoint", std::string(endpoint)},
                                {"forced", std::string(word.substr(1))}});
  }
  co_return refuse(exchange, 404, "say /api/breakers/UPSTREAM/open, /closed or /automatic; or UPSTREAM/ENDPOINT");
}

Task<Response> AdminApi::caches(Exchange& exchange) { co_return answer(exchange, cache_report()); }

Task<Response> AdminApi::purge(Exchange& exchange) {
  const auto purged = purge_caches(exchange.request().query());
  if (!purged) co_return refuse(exchange, 400, purged.error());
  co_return answer(exchange, {{"purged", *purged}});
}

// Answers when every worker serves the new configuration.
Task<Response> AdminApi::reload(Exchange& exchange) {
  const bool ok = server_.reloader().reload().ok;
  if (!ok) co_return answer(exchange, report_of(server_.reloader().report()), 422);
  const auto adopted =
      co_await AskWorkers<bool>(server_.loop(), server_.workers(), [](Worker&) { return true; }, kWorkerLimit);
  if (adopted.size() < server_.workers().size()) co_return refuse(exchange, 503, "a worker does not answer");
  co_return answer(exchange, report_of(server_.reloader().report()));
}

Task<Response> AdminApi::drain(Exchange& exchange) {
  server_.lifecycle().drain(server_.snapshot().settings.shutdown);
  co_return answer(
      exchange,
      {{"phase", std::string(name_of(server_.lifecycle().phase()))}, {"drain", drain_state(server_.lifecycle())}}, 202);
}

Task<Response> AdminApi::log_level(Exchange& exchange) {
  const auto level = static_cast<std::size_t>(server_.process_log().level());
  co_return answer(exchange, {{"level", std::string(kLevels[level])}});
}

Task<Response> AdminApi::set_log_level(Exchange& exchange) {
  const std::string_view asked = behind(exchange, "/api/log-level/");
  for (std::size_t i = 0; i < std::size(kLevels); ++i) {
    if (asked != kLevels[i]) continue;
    server_.process_log().set_level(static_cast<LogLevel>(i));
    co_return answer(exchange, {{"level", std::string(asked)}});
  }
  co_return refuse(exchange, 404, "levels are debug, info, warn and error");
}

}  // namespace outrigger::server
