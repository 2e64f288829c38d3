#include "proxy/routing/route_table.h"

#include <catch2/catch.hpp>
#include <deque>
#include <random>

namespace outrigger::proxy {

namespace {

// A listener's routes in their order, asked through the table and one by one.
class Both {
 public:
  explicit Both(std::vector<config::RouteMatch> matches) {
    config::Listener listener;
    for (auto& match : matches) listener.routes.emplace_back().match = std::move(match);
    std::vector<const RouteMatcher*> pointers;
    for (const PlacedRoute& placed : routes_in_order(listener)) {
      pointers.push_back(&matchers_.emplace_back(placed.route.match));
    }
    table_ = RouteTable(std::move(pointers));
  }

  std::size_t through_table(const RequestHead& request) const { return table_.find(request); }
  std::size_t one_by_one(const RequestHead& request) const {
    for (std::size_t place = 0; place < matchers_.size(); ++place) {
      if (matchers_[place].matches(request)) return place;
    }
    return RouteTable::kNone;
  }

 private:
  std::deque<RouteMatcher> matchers_;
  RouteTable table_;
};

class Random {
 public:
  std::size_t below(std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(engine_); }
  template <std::size_t N>
  std::string one_of(const char* const (&items)[N]) {
    return items[below(N)];
  }

 private:
  std::mt19937 engine_{20260101};
};

constexpr const char* kPaths[] = {"",      "/",        "/a", "/a/",   "/a/b", "/a/b/", "/ab",
                                  "/a/bc", "/a/b/c/d", "//", "/a//b", "/A",   "*",     "/a/b/c/d/e/f/g"};
constexpr const char* kPatterns[] = {"a.example", "*.example", "*.a.example", "B.example", "*.B.A.example", "example"};
constexpr const char* kHosts[] = {"a.example",   "A.EXAMPLE.", "b.a.example",   "x.b.a.example:81", "example",
                                  ".example",    "",           "..a.example..", "example.",         "c.example",
                                  "a.example:80"};

config::RouteMatch random_match(Random& random) {
  config::RouteMatch match;
  for (std::size_t hosts = random.below(3); hosts > 0; --hosts) match.host.push_back(random.one_of(kPatterns));
  const std::size_t kind = random.below(5);
  if (kind < 2) match.path.prefix = random.one_of(kPaths);
  if (kind == 2) match.path.exact = random.one_of(kPaths);
  if (kind == 3) match.path.regex = "/a.*";
  if (random.below(4) == 0) match.method = {"POST"};
  return match;
}

}  // namespace

TEST_CASE("a table of routes finds what asking one by one finds", "[proxy][route]") {
  Random random;
  for (const std::size_t count : {1, 8, 9, 30, 200}) {
    for (int tables = 0; tables < 20; ++tables) {
      std::vector<config::RouteMatch> matches;
      while (matches.size() < count) matches.push_back(random_match(random));
      const Both both(std::move(matches));
      for (int requests = 0; requests < 200; ++requests) {
        Arena arena;
        RequestHead request(arena);
        const std::string target = random.one_of(kPaths) + (random.below(3) == 0 ? "?x=/y" : "");
        const std::string authority = random.one_of(kHosts);
        request.target = target;
        request.authority = authority;
        request.method_token = random.below(2) == 0 ? "GET" : "POST";
        CAPTURE(count, target, authority, request.method_token);
        REQUIRE(both.through_table(request) == both.one_by_one(request));
      }
    }
  }
}

TEST_CASE("a host longer than any name is asked one by one", "[proxy][route]") {
  std::vector<config::RouteMatch> matches(20);
  for (std::size_t i = 0; i < matches.size(); ++i) matches[i].path.exact = "/" + std::to_string(i);
  config::RouteMatch wildcard;
  wildcard.host = {"*.example"};
  matches.push_back(wildcard);
  const Both both(std::move(matches));
  Arena arena;
  RequestHead request(arena);
  const std::string authority = std::string(300, 'x') + ".example";
  request.target = "/19";
  request.authority = authority;
  REQUIRE(both.through_table(request) == 0);
}

}  // namespace outrigger::proxy
