#pragma once

#include "outrigger/filter.h"
#include "proxy/live.h"
#include "proxy/routing/route_table.h"

namespace outrigger::proxy {

// The end of a listener's chain: chooses the route on the request as it now stands and goes on with its chain.
class Router final : public Filter {
 public:
  struct Candidate {
    RouteMatcher matcher;
    const LiveRoute* route;  // outlives the filter
  };
  // In the order in which they are asked (routes_in_order).
  explicit Router(std::vector<Candidate> candidates);
  Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  const std::vector<Candidate> candidates_;
  RouteTable table_;
};

}  // namespace outrigger::proxy
