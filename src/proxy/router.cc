#include "proxy/router.h"

#include "proxy/active_exchange.h"

namespace outrigger::proxy {

Task<Response> Router::handle(Exchange& base, Next) {
  auto& exchange = static_cast<ActiveExchange&>(base);
  for (const LiveRoute& route : routes_) {
    if (!route.matcher.matches(exchange.request())) continue;
    exchange.choose_route(route);
    co_return co_await Next(route.chain.first())(exchange);
  }
  co_return exchange.fail(Failure::no_route);
}

}  // namespace outrigger::proxy
