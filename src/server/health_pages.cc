#include "server/health_pages.h"

#include <algorithm>

#include "server/admin/accept.h"

namespace outrigger::server {
namespace {

// Nearly every target is another one, which one byte tells mostly.
bool asks_for(std::string_view target, std::string_view path) {
  return target.size() >= path.size() && target[path.size() - 1] == path.back() && target.starts_with(path) &&
         (target.size() == path.size() || target[path.size()] == '?');
}

Task<Response> answer(Exchange& exchange, std::shared_ptr<const adapters::HealthVerdict> verdict, bool has_details) {
  const bool is_healthy = verdict->state() == adapters::HealthVerdict::State::healthy;
  co_return health_answer(exchange, is_healthy, adapters::health_text(*verdict, has_details),
                          adapters::health_json(*verdict, has_details) + "\n");
}

}  // namespace

Response health_answer(Exchange& exchange, bool is_healthy, const std::string& text, const std::string& json) {
  const std::string_view accept = exchange.request().headers.get("Accept").value_or("");
  const double json_weight = accepted(accept, "application/json");
  const bool wants_json = json_weight > 0 && json_weight >= accepted(accept, "text/plain");
  Response response = exchange.respond(is_healthy ? 200 : 503, exchange.arena().copy(wants_json ? json : text),
                                       wants_json ? "application/json" : "text/plain; charset=utf-8");
  response.headers().set("Cache-Control", "no-store");
  return response;
}

Task<Response> HealthPages::handle(Exchange& exchange, Next next) {
  const RequestHead& request = exchange.request();
  for (const adapters::HealthPage& page : pages_) {
    if (!asks_for(request.target, page.path)) continue;
    if (request.method != Method::get && request.method != Method::head) break;
    return answer(exchange, page.verdict, page.has_details);
  }
  return next(exchange);
}

std::unique_ptr<Filter> make_health_pages(const adapters::AdapterSet& set, const config::Listener& listener) {
  if (listener.protocol != config::ListenerProtocol::http) return nullptr;
  std::vector<adapters::HealthPage> pages;
  for (adapters::HealthPage& page : adapters::health_pages(set)) {
    const bool is_here =
        page.listeners.empty() || std::ranges::find(page.listeners, listener.name) != page.listeners.end();
    if (is_here && !page.path.empty()) pages.push_back(std::move(page));
  }
  return pages.empty() ? nullptr : std::make_unique<HealthPages>(std::move(pages));
}

}  // namespace outrigger::server
