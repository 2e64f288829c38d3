#pragma once

#include "outrigger/filter.h"
#include "proxy/live.h"

namespace outrigger::proxy {

// The end of a listener's chain: chooses the route on the request as it now stands and goes on with its chain.
class Router final : public Filter {
 public:
  explicit Router(const std::deque<LiveRoute>& routes) : routes_(routes) {}
  Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  const std::deque<LiveRoute>& routes_;
};

bool matches(const LiveRoute& route, const RequestHead& request);

// Puts routes into the order of product precedence: exact host, longest wildcard, any; exact path, longest prefix,
// regex, any; method; more headers; more query; then file order.
bool is_more_specific(const config::RouteMatch& a, const config::RouteMatch& b);

}  // namespace outrigger::proxy
