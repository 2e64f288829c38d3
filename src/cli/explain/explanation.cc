#include "cli/explain/explanation.h"

#include <algorithm>

#include "base/units.h"
#include "filters/redirect/redirect.h"
#include "filters/respond/respond.h"
#include "http/h1/request_parser.h"
#include "net/address.h"
#include "proxy/calls/tunnel.h"
#include "proxy/live.h"
#include "proxy/routing/route_matcher.h"

namespace outrigger::cli {

namespace {

struct Url {
  bool is_tcp = false;
  bool is_https = false;
  std::string authority;
  std::string target;
  std::string port;
};

std::expected<Url, std::string> parse_url(const std::string& text) {
  Url url;
  url.is_https = text.starts_with("https://");
  url.is_tcp = text.starts_with("tcp://");
  if (!url.is_https && !url.is_tcp && !text.starts_with("http://")) {
    return std::unexpected("\"" + text + "\" is no URL: it begins with http://, https:// or tcp://");
  }
  const std::string rest = text.substr(text.find("://") + 3);
  const auto slash = rest.find_first_of("/?");
  url.authority = rest.substr(0, slash);
  url.target = slash == std::string::npos ? "/" : rest.substr(slash);
  if (url.target.starts_with('?')) url.target.insert(0, "/");
  if (url.authority.empty()) return std::unexpected("\"" + text + "\" names no host");
  const auto colon = url.authority.find_last_of(":]");
  const bool has_port = colon != std::string::npos && url.authority[colon] == ':';
  url.port = has_port ? url.authority.substr(colon + 1) : url.is_https || url.is_tcp ? "443" : "80";
  return url;
}

std::string port_of(const std::string& address) { return address.substr(address.find_last_of(':') + 1); }

using Listeners = std::vector<config::Listener>;

// Could a client that says this be served there? A connection of protocol tcp may begin with TLS or not.
bool fits(const config::Listener& listener, const Url& url) {
  const bool is_tcp = listener.protocol == config::ListenerProtocol::tcp;
  return is_tcp == url.is_tcp && (is_tcp || listener.tls.has_value() == url.is_https);
}

// By name; else by port and protocol, by protocol alone where only one fits, the only one.
std::expected<std::size_t, std::string> find_listener(const Listeners& listeners, const Question& question,
                                                      const Url& url) {
  std::vector<std::size_t> fitting;
  std::string names;
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    const config::Listener& listener = listeners[i];
    names += (names.empty() ? "" : ", ") + listener.name;
    if (!question.listener.empty()) {
      if (listener.name == question.listener) return i;
      continue;
    }
    if (!fits(listener, url)) continue;
    if (port_of(listener.address) == url.port) return i;
    fitting.push_back(i);
  }
  if (fitting.size() == 1) return fitting.front();
  const bool is_only = listeners.size() == 1 && question.listener.empty();
  if (is_only && (listeners[0].protocol == config::ListenerProtocol::tcp) == url.is_tcp) return 0;
  const std::string asked = question.listener.empty() ? "port " + url.port : "\"" + question.listener + "\"";
  return std::unexpected("no listener fits " + asked + "; with --listener NAME one can be chosen: " + names);
}

std::string match_text(const config::RouteMatch& match, bool is_tcp) {
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  for (const std::string& host : match.host) add((is_tcp ? "sni " : "host ") + host);
  if (match.path.exact) add("path " + *match.path.exact);
  if (match.path.prefix) add("path prefix " + *match.path.prefix);
  if (match.path.regex) add("path regex " + *match.path.regex);
  for (const std::string& method : match.method) add("method " + method);
  for (const auto& header : match.headers) add("header " + header.name);
  for (const auto& query : match.query) add("query " + query.name);
  return text.empty() ? "everything" : text;
}

std::string action_text(const config::Route& route) {
  if (route.redirect) {
    const auto& redirect = *static_cast<const filters::RedirectOptions*>(route.redirect->config.get());
    return "redirect " + std::to_string(redirect.status) + " to " + redirect.to;
  }
  if (route.respond) {
    const auto& respond = *static_cast<const filters::RespondOptions*>(route.respond->config.get());
    return "respond " + std::to_string(respond.status);
  }
  if (route.split.empty()) return "upstream " + route.upstream;
  std::string text = "split";
  for (const auto& part : route.split) text += " " + part.upstream + ":" + std::to_string(part.weight);
  return text;
}

// Gathers what a request meets, from the listener inwards.
class Explainer {
 public:
  explicit Explainer(const config::Settings& settings) : settings_(settings) {}

  void listener(std::size_t index) {
    path_ = "listeners[" + std::to_string(index) + "]";
    listener_ = &settings_.listeners[index];
    is_tcp_ = listener_->protocol == config::ListenerProtocol::tcp;
    made_.listener = {listener_->name, listener_->address + (is_tcp_ ? ", tcp" : "") + (listener_->tls ? ", TLS" : ""),
                      origin(path_ + ".address")};
    filters(listener_->filters, "listener");
  }

  void route(const RequestHead& request) {
    for (const proxy::PlacedRoute& placed : proxy::routes_in_order(*listener_)) {
      if (!proxy::RouteMatcher(placed.route.match).matches(request)) continue;
      const bool is_catch_all = placed.index == proxy::PlacedRoute::kCatchAll;
      const std::string path = path_ + (is_catch_all ? ".upstream" : ".routes[" + std::to_string(placed.index) + "]");
      made_.route = {placed.route.name, match_text(placed.route.match, is_tcp_), mark(placed.route, path)};
      made_.action = action_text(placed.route);
      filters(placed.route.filters, "route");
      timeouts(placed.route.timeouts, path);
      upstream(placed.route.upstream);
      return;
    }
    made_.action = is_tcp_ ? "reset: no route matches" : "404: no route matches";
    timeouts({}, path_);
  }

  Explanation& made() { return made_; }
  const config::Listener& chosen() const { return *listener_; }

 private:
  std::string origin(const std::string& path) const { return config::origin_of(path, *settings_.origins); }
  std::string mark(const config::Route& route, const std::string& path) const {
    return route.mark.file ? *route.mark.file + ":" + std::to_string(route.mark.line) : origin(path);
  }

  void filters(const std::vector<config::FilterSpec>& specs, const char* level) {
    for (const config::FilterSpec& spec : specs) {
      made_.filters.push_back({std::string(spec.type->name), level, config::dump_filter(spec, *settings_.origins)});
    }
  }

  void timeouts(const config::Timeouts& inner, const std::string& route_path) {
    const proxy::Limits limits = proxy::effective(listener_->timeouts, inner);
    struct Timeout {
      const char* name;
      Duration value;
      bool is_of_http;
      bool is_of_tcp;
    };
    const Timeout values[] = {
        {"request", limits.request, true, true},
        {"backend_request", limits.backend_request, true, false},
        {"request_head", limits.request_head, true, proxy::looks_at_names(*listener_)},
        {"body_idle", limits.body_idle, true, false},
        {"keep_alive", limits.keep_alive, true, false},
        {"tunnel_idle", limits.tunnel_idle.value_or(proxy::kTunnelIdle), false, true},
    };
    for (const auto& [name, value, is_of_http, is_of_tcp] : values) {
      if (is_tcp_ ? !is_of_tcp : !is_of_http) continue;
      const std::string key = std::string(".timeouts.") + name;
      std::string from = origin(route_path + key);
      if (from == "default") from = origin(path_ + key);
      made_.timeouts.push_back({name, base::format_duration(value), from});
    }
  }

  void upstream(const std::string& name) {
    const auto found = std::ranges::find(settings_.upstreams, name, &config::Upstream::name);
    if (found == settings_.upstreams.end()) return;
    if (found->filters) filters(*found->filters, "upstream");
    for (const config::EndpointSpec& endpoint : found->endpoints) {
      const bool has_place = endpoint.mark.file != nullptr;
      made_.endpoints.push_back({endpoint.address, "weight " + std::to_string(endpoint.weight),
                                 has_place ? *endpoint.mark.file + ":" + std::to_string(endpoint.mark.line)
                                           : origin("upstreams." + name + ".endpoints")});
    }
  }

  const config::Settings& settings_;
  const config::Listener* listener_ = nullptr;
  bool is_tcp_ = false;
  std::string path_;
  Explanation made_;
};

std::string request_text(const Question& question, const Url& url) {
  std::string text = question.method + ' ' + url.target + " HTTP/1.1\r\n";
  const auto is_host = [](const std::string& line) { return equals_ignoring_case(line.substr(0, 5), "host:"); };
  if (std::ranges::none_of(question.headers, is_host)) text += "Host: " + url.authority + "\r\n";
  for (const std::string& line : question.headers) text += line + "\r\n";
  return text + "\r\n";
}

// Only a name is asked for in a handshake, no address (RFC 6066 section 3), and only some listeners look.
std::string asked_name(const config::Listener& listener, const Url& url) {
  const std::string host(host_of(url.authority));
  const bool looks = listener.tls.has_value() || proxy::looks_at_names(listener);
  return !looks || net::Address::parse(host + ":1") ? std::string() : host;
}

Explanation explain_connection(Explainer& explainer, const Url& url) {
  const std::string name = asked_name(explainer.chosen(), url);
  Arena arena;
  RequestHead request(arena);
  request.authority = name;
  explainer.made().request = name.empty() ? "a connection" : "a connection that asks for " + name;
  explainer.route(request);
  return explainer.made();
}

Explanation explain_request(Explainer& explainer, const Question& question, const Url& url) {
  Explanation& made = explainer.made();
  const std::string text = request_text(question, url);
  const config::Listener& listener = explainer.chosen();
  Arena arena;
  RequestHead request(arena);
  std::size_t scanned = 0;
  const auto result =
      http::h1::parse_request_head(text, scanned, proxy::head_limits(listener), proxy::path_policy(listener), request);
  if (result.status != http::h1::HeadResult::Status::complete) {
    const FailureInfo& info = describe(result.failure);
    made.refused = std::to_string(info.status) + " " + std::string(info.token) + ": " + std::string(info.text);
    if (!result.reason.empty()) made.refused += " (" + std::string(result.reason) + ")";
    made.request = question.method + ' ' + url.target + " of " + url.authority;
    return made;
  }
  made.request =
      std::string(request.method_token) + ' ' + std::string(request.target) + " of " + std::string(request.authority);
  explainer.route(request);
  return made;
}

}  // namespace

std::expected<Explanation, std::string> explain(const config::Settings& settings, const Question& question) {
  const auto url = parse_url(question.url);
  if (!url) return std::unexpected(url.error());
  const auto index = find_listener(settings.listeners, question, *url);
  if (!index) return std::unexpected(index.error());
  const config::Listener& chosen = settings.listeners[*index];
  if ((chosen.protocol == config::ListenerProtocol::tcp) != url->is_tcp) {
    return std::unexpected(url->is_tcp
                               ? "listener " + chosen.name + " speaks HTTP: ask for a URL with http:// or https://"
                               : "listener " + chosen.name + " has protocol tcp: ask for tcp://NAME");
  }
  Explainer explainer(settings);
  explainer.listener(*index);
  return url->is_tcp ? explain_connection(explainer, *url) : explain_request(explainer, question, *url);
}

}  // namespace outrigger::cli
