#include "proxy/routing/router.h"

#include "proxy/active_exchange.h"

namespace outrigger::proxy {

namespace {

std::vector<const RouteMatcher*> matchers(const std::deque<LiveRoute>& routes) {
  std::vector<const RouteMatcher*> found;
  for (const LiveRoute& route : routes) found.push_back(&route.matcher);
  return found;
}

}  // namespace

Router::Router(const std::deque<LiveRoute>& routes) : routes_(routes), table_(matchers(routes)) {}

Task<Response> Router::handle(Exchange& base, Next) {
  auto& exchange = static_cast<ActiveExchange&>(base);
  const std::size_t place = table_.find(exchange.request());
  if (place == RouteTable::kNone) co_return exchange.fail(Failure::no_route);
  const LiveRoute& route = routes_[place];
  exchange.choose_route(route);
  co_return co_await Next(route.chain.first())(exchange);
}

}  // namespace outrigger::proxy
