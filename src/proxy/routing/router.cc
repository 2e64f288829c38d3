#include "proxy/routing/router.h"

#include "proxy/active_exchange.h"

namespace outrigger::proxy {

namespace {

std::vector<const RouteMatcher*> matchers(const std::vector<Router::Candidate>& candidates) {
  std::vector<const RouteMatcher*> found;
  for (const Router::Candidate& candidate : candidates) found.push_back(&candidate.matcher);
  return found;
}

}  // namespace

Router::Router(std::vector<Candidate> candidates) : candidates_(std::move(candidates)), table_(matchers(candidates_)) {}

Task<Response> Router::handle(Exchange& base, Next) {
  auto& exchange = static_cast<ActiveExchange&>(base);
  const std::size_t place = table_.find(exchange.request());
  if (place == RouteTable::kNone) co_return exchange.fail(Failure::no_route);
  const LiveRoute& route = *candidates_[place].route;
  exchange.choose_route(route);
  co_return co_await Next(route.chain.first())(exchange);
}

}  // namespace outrigger::proxy
