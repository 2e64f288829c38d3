#include "proxy/routing/route_matcher.h"

#include <catch2/catch.hpp>

namespace outrigger::proxy {

namespace {

config::Route route(std::string name, config::RouteMatch match) {
  config::Route made;
  made.name = std::move(name);
  made.match = std::move(match);
  return made;
}

config::RouteMatch path(std::optional<std::string> exact, std::optional<std::string> prefix) {
  config::RouteMatch match;
  match.path.exact = std::move(exact);
  match.path.prefix = std::move(prefix);
  return match;
}

}  // namespace

TEST_CASE("routes are asked most specific first, equal ones in file order", "[proxy][route]") {
  config::Listener listener;
  config::RouteMatch host;
  host.host = {"a.example"};
  config::RouteMatch wildcard;
  wildcard.host = {"*.example"};
  listener.routes = {route("any", {}),
                     route("short", path({}, "/a")),
                     route("long", path({}, "/a/b")),
                     route("exact", path("/a", {})),
                     route("wildcard", wildcard),
                     route("host", host),
                     route("any again", {})};
  listener.upstream = "app";
  std::vector<std::string> names;
  for (const PlacedRoute& placed : routes_in_order(listener)) names.push_back(placed.route.name);
  CHECK(names == std::vector<std::string>{"host", "wildcard", "exact", "long", "short", "any", "any again", "app"});
}

TEST_CASE("a route with several hosts is asked for each where that host stands", "[proxy][route][security]") {
  config::Listener listener;
  config::RouteMatch mixed;
  mixed.host = {"a.example", "*.example"};
  config::RouteMatch exact;
  exact.host = {"www.example"};
  config::RouteMatch longer;
  longer.host = {"*.b.example"};
  listener.routes = {route("mixed", mixed), route("exact", exact), route("longer", longer)};
  std::vector<std::string> names;
  for (const PlacedRoute& placed : routes_in_order(listener)) {
    names.push_back(placed.route.name + " " + placed.route.match.host.front());
  }
  CHECK(names ==
        std::vector<std::string>{"mixed a.example", "exact www.example", "longer *.b.example", "mixed *.example"});
}

TEST_CASE("a host is the same name with a last dot, a port or in capitals", "[proxy][route][security]") {
  config::RouteMatch match;
  match.host = {"a.example", "*.b.example"};
  const RouteMatcher matcher(match);
  Arena arena;
  RequestHead request(arena);
  request.target = "/";
  for (const auto& [authority, expected] : {std::pair{"a.example", true},
                                            {"a.example.", true},
                                            {"A.Example.:8080", true},
                                            {"x.b.example.", true},
                                            {"a.example.evil", false},
                                            {"", false}}) {
    request.authority = authority;
    CAPTURE(authority);
    CHECK(matcher.matches(request) == expected);
  }
}

TEST_CASE("a prefix matches whole segments", "[proxy][route]") {
  const RouteMatcher matcher(path({}, "/a"));
  Arena arena;
  RequestHead request(arena);
  for (const auto& [target, expected] :
       {std::pair{"/a", true}, {"/a/b", true}, {"/a?x", true}, {"/ab", false}, {"/", false}}) {
    request.target = target;
    CAPTURE(target);
    CHECK(matcher.matches(request) == expected);
  }
}

}  // namespace outrigger::proxy
