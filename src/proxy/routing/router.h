#pragma once

#include "outrigger/filter.h"
#include "proxy/live.h"
#include "proxy/routing/route_table.h"

namespace outrigger::proxy {

// The end of a listener's chain: chooses the route on the request as it now stands and goes on with its chain.
class Router final : public Filter {
 public:
  // `routes` are complete, most specific first, and outlive the filter.
  explicit Router(const std::deque<LiveRoute>& routes);
  Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  const std::deque<LiveRoute>& routes_;
  RouteTable table_;
};

}  // namespace outrigger::proxy
