#include "proxy/routing/route_matcher.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace outrigger::proxy {

namespace {

std::unique_ptr<base::Regex> compiled(const std::optional<std::string>& pattern) {
  if (!pattern) return nullptr;
  auto regex = base::Regex::compile(*pattern);
  return regex ? std::make_unique<base::Regex>(std::move(*regex)) : nullptr;
}

// RFC 9110 section 4.2.3: hosts are compared without case.
bool host_fits(std::string_view pattern, std::string_view host) {
  while (host.ends_with('.')) host.remove_suffix(1);  // the same name, written whole: RFC 1034 section 3.1
  if (!pattern.starts_with("*.")) return equals_ignoring_case(pattern, host);
  pattern.remove_prefix(1);  // ".example.com"
  return host.size() > pattern.size() && equals_ignoring_case(host.substr(host.size() - pattern.size()), pattern);
}

// Whole segments: "/a" matches "/a" and "/a/b", not "/ab".
bool prefix_fits(std::string_view prefix, std::string_view path) {
  if (!path.starts_with(prefix)) return false;
  return prefix.ends_with('/') || path.size() == prefix.size() || path[prefix.size()] == '/';
}

std::optional<std::string_view> query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    return equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
  }
  return std::nullopt;
}

// Of a match with at most one host.
auto rank(const config::RouteMatch& match) {
  const std::string host = match.host.empty() ? "" : match.host.front();
  const bool is_wildcard = host.starts_with("*.");
  const std::size_t exact_host = !host.empty() && !is_wildcard ? 1 : 0;
  const std::size_t wildcard = is_wildcard ? host.size() : 0;
  const std::size_t kind = match.path.exact ? 3U : match.path.prefix ? 2U : match.path.regex ? 1U : 0U;
  const std::size_t length = match.path.prefix ? match.path.prefix->size() : 0;
  return std::tuple(exact_host, wildcard, kind, length, !match.method.empty(), match.headers.size(),
                    match.query.size());
}

}  // namespace

RouteMatcher::RouteMatcher(const config::RouteMatch& match)
    : match_(match),
      path_regex_(compiled(match.path.regex)),
      headers_(values(match.headers)),
      query_(values(match.query)) {}

std::vector<RouteMatcher::Value> RouteMatcher::values(const std::vector<config::StringMatch>& matches) {
  std::vector<Value> made;
  for (const config::StringMatch& match : matches) made.push_back({match, compiled(match.regex)});
  return made;
}

bool RouteMatcher::Value::matches(std::optional<std::string_view> value) const {
  if (!value) return !match.present;
  if (!match.present) return false;
  if (match.exact) return *value == *match.exact;
  return !regex || regex->matches(*value);
}

bool RouteMatcher::host_matches(std::string_view host) const {
  return match_.host.empty() ||
         std::ranges::any_of(match_.host, [&](const std::string& pattern) { return host_fits(pattern, host); });
}

bool RouteMatcher::path_matches(std::string_view path) const {
  if (match_.path.exact) return path == *match_.path.exact;
  if (match_.path.prefix) return prefix_fits(*match_.path.prefix, path);
  return !path_regex_ || path_regex_->matches(path);
}

bool RouteMatcher::matches(const RequestHead& request) const {
  if (!host_matches(request.host()) || !path_matches(request.path())) return false;
  if (!match_.method.empty() && std::ranges::find(match_.method, request.method_token) == match_.method.end()) {
    return false;
  }
  return std::ranges::all_of(headers_, [&](const Value& v) { return v.matches(request.headers.get(v.match.name)); }) &&
         std::ranges::all_of(query_,
                             [&](const Value& v) { return v.matches(query_value(request.query(), v.match.name)); });
}

bool looks_at_names(const config::Listener& listener) {
  return std::ranges::any_of(listener.routes, [](const config::Route& route) { return !route.match.sni.empty(); });
}

std::vector<PlacedRoute> routes_in_order(const config::Listener& listener) {
  std::vector<PlacedRoute> order;
  for (std::size_t i = 0; i < listener.routes.size(); ++i) {
    config::Route route = listener.routes[i];
    if (!route.match.sni.empty()) route.match.host = std::exchange(route.match.sni, {});
    const std::vector<std::string> hosts = route.match.host;
    if (hosts.size() < 2) order.push_back({route, i});
    for (std::size_t host = 0; hosts.size() > 1 && host < hosts.size(); ++host) {
      route.match.host = {hosts[host]};
      order.push_back({route, i});
    }
  }
  if (!listener.upstream.empty()) {
    PlacedRoute& all = order.emplace_back();
    all.route.name = all.route.upstream = listener.upstream;
  }
  std::ranges::sort(order, [](const PlacedRoute& a, const PlacedRoute& b) {
    const auto rank_a = rank(a.route.match);
    const auto rank_b = rank(b.route.match);
    return rank_a == rank_b ? a.index < b.index : rank_a > rank_b;
  });
  return order;
}

}  // namespace outrigger::proxy
