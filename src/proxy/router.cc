#include "proxy/router.h"

#include <algorithm>
#include <tuple>

#include "proxy/active_exchange.h"

namespace outrigger::proxy {

namespace {

// RFC 9110 section 4.2.3: hosts are compared without case.
bool host_matches(std::string_view pattern, std::string_view host) {
  if (!pattern.starts_with("*.")) return equals_ignoring_case(pattern, host);
  pattern.remove_prefix(1);  // ".example.com"
  return host.size() > pattern.size() && equals_ignoring_case(host.substr(host.size() - pattern.size()), pattern);
}

// Whole segments: "/a" matches "/a" and "/a/b", not "/ab".
bool prefix_matches(std::string_view prefix, std::string_view path) {
  if (!path.starts_with(prefix)) return false;
  return prefix.ends_with('/') || path.size() == prefix.size() || path[prefix.size()] == '/';
}

bool path_matches(const LiveRoute& route, std::string_view path) {
  const config::PathMatch& match = route.match.path;
  if (match.exact) return path == *match.exact;
  if (match.prefix) return prefix_matches(*match.prefix, path);
  return !route.path_regex || route.path_regex->matches(path);
}

bool value_matches(const ValuePattern& pattern, const std::optional<std::string_view>& value) {
  if (!value) return !pattern.match.present;
  if (!pattern.match.present) return false;
  if (pattern.match.exact) return *value == *pattern.match.exact;
  return !pattern.regex || pattern.regex->matches(*value);
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

auto rank(const config::RouteMatch& match) {
  std::size_t exact_host = 0;
  std::size_t wildcard = 0;
  for (const std::string& host : match.host) {
    if (host.starts_with("*.")) {
      wildcard = std::max(wildcard, host.size());
    } else {
      exact_host = 1;
    }
  }
  const std::size_t kind = match.path.exact ? 3U : match.path.prefix ? 2U : match.path.regex ? 1U : 0U;
  const std::size_t length = match.path.prefix ? match.path.prefix->size() : 0;
  return std::tuple(exact_host, wildcard, kind, length, !match.method.empty(), match.headers.size(),
                    match.query.size());
}

}  // namespace

bool is_more_specific(const config::RouteMatch& a, const config::RouteMatch& b) { return rank(a) > rank(b); }

bool matches(const LiveRoute& route, const RequestHead& request) {
  const config::RouteMatch& match = route.match;
  const auto any_host = [&](const std::string& host) { return host_matches(host, request.host()); };
  if (!match.host.empty() && !std::ranges::any_of(match.host, any_host)) return false;
  if (!path_matches(route, request.path())) return false;
  if (!match.method.empty() && !(std::ranges::find(match.method, request.method_token) != match.method.end()))
    return false;
  return std::ranges::all_of(
             route.headers,
             [&](const ValuePattern& p) { return value_matches(p, request.headers.get(p.match.name)); }) &&
         std::ranges::all_of(route.query, [&](const ValuePattern& p) {
           return value_matches(p, query_value(request.query(), p.match.name));
         });
}

Task<Response> Router::handle(Exchange& base, Next) {
  auto& exchange = static_cast<ActiveExchange&>(base);
  for (const LiveRoute& route : routes_) {
    if (!matches(route, exchange.request())) continue;
    exchange.choose_route(route);
    co_return co_await Next(route.chain.first())(exchange);
  }
  co_return exchange.fail(Failure::no_route);
}

}  // namespace outrigger::proxy
