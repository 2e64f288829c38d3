#pragma once

#include <memory>
#include <vector>

#include "base/regex.h"
#include "config/settings.h"
#include "outrigger/message.h"

namespace outrigger::proxy {

// The conditions of one route, ready to be asked. Thread: any, not changed after it was made.
class RouteMatcher {
 public:
  explicit RouteMatcher(const config::RouteMatch& match);
  // All conditions together. Hosts without case, prefixes by whole segments, expressions by the whole text.
  bool matches(const RequestHead& request) const;
  const config::RouteMatch& match() const { return match_; }

 private:
  struct Value {
    config::StringMatch match;
    std::unique_ptr<base::Regex> regex;
    bool matches(std::optional<std::string_view> value) const;
  };
  static std::vector<Value> values(const std::vector<config::StringMatch>& matches);
  bool host_matches(std::string_view host) const;
  bool path_matches(std::string_view path) const;

  config::RouteMatch match_;
  std::unique_ptr<base::Regex> path_regex_;
  std::vector<Value> headers_;
  std::vector<Value> query_;
};

// One route of a listener for one of its hosts, and its place in the file.
struct PlacedRoute {
  static constexpr std::size_t kCatchAll = static_cast<std::size_t>(-1);
  config::Route route;
  std::size_t index = kCatchAll;  // in `routes`; kCatchAll: made from the listener's `upstream`
};

// The routes in the order in which they are asked, one with several hosts once for each: exact host, longest wildcard,
// any; exact path, longest prefix, regex, any; method; more headers; more query; then file order. `sni` stands in
// `host`: the server name of a TLS handshake is where a request has its host.
std::vector<PlacedRoute> routes_in_order(const config::Listener& listener);

// Do routes go by the server name that a client of TLS asks for?
bool looks_at_names(const config::Listener& listener);

}  // namespace outrigger::proxy
