#include "config/route_checks.h"

#include <algorithm>
#include <map>

#include "config/describe.h"
#include "config/scalar.h"

namespace outrigger::config {

namespace {

// A route as far as other routes can take its requests.
struct Reach {
  std::string place;
  std::vector<std::string> hosts, names, methods;  // each in order
};

std::vector<std::string> sorted(std::vector<std::string> values) {
  std::ranges::sort(values);
  return values;
}

// All that stands in `inner` stands in `outer` too; none at all, which is a rank of its own, only in none.
bool covers(const std::vector<std::string>& outer, const std::vector<std::string>& inner) {
  return outer.empty() == inner.empty() && std::ranges::includes(outer, inner);
}

// What two routes must share, so that the order in the file decides between them.
std::string rest_of(RouteMatch match) {
  match.host.clear();
  match.sni.clear();
  match.method.clear();
  std::ranges::sort(match.headers, {}, &StringMatch::name);
  std::ranges::sort(match.query, {}, &StringMatch::name);
  return format_flow(schema_of<RouteMatch>(), &match);
}

}  // namespace

void check_reachable(const Listener& listener, const std::string& path, const Findings& findings) {
  std::map<std::string, std::vector<Reach>> earlier;
  for (std::size_t i = 0; i < listener.routes.size(); ++i) {
    const RouteMatch& match = listener.routes[i].match;
    Reach here{path + ".routes[" + std::to_string(i) + "]", sorted(match.host), sorted(match.sni),
               sorted(match.method)};
    std::vector<Reach>& others = earlier[rest_of(match)];
    const auto first = std::ranges::find_if(others, [&](const Reach& other) {
      return covers(other.hosts, here.hosts) && covers(other.names, here.names) && covers(other.methods, here.methods);
    });
    if (first == others.end()) {
      others.push_back(std::move(here));
      continue;
    }
    const bool is_same = first->hosts == here.hosts && first->names == here.names && first->methods == here.methods;
    findings.warning(here.place, "is never reached: " + first->place +
                                     (is_same ? " has the same match" : " has all of its hosts and methods"));
  }
}

}  // namespace outrigger::config
