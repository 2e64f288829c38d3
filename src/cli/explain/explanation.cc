#include "cli/explain/explanation.h"

#include <algorithm>

#include "base/units.h"
#include "filters/redirect/redirect.h"
#include "filters/respond/respond.h"
#include "http/h1/request_parser.h"
#include "net/address.h"
#include "proxy/live.h"
#include "proxy/routing/route_matcher.h"

namespace outrigger::cli {

namespace {

struct Url {
  bool is_https = false;
  std::string authority;
  std::string target;
  std::string port;
};

std::expected<Url, std::string> parse_url(const std::string& text) {
  Url url;
  url.is_https = text.starts_with("https://");
  if (!url.is_https && !text.starts_with("http://")) {
    return std::unexpected("\"" + text + "\" is no URL: it begins with http:// or https://");
  }
  const std::string rest = text.substr(url.is_https ? 8 : 7);
  const auto slash = rest.find_first_of("/?");
  url.authority = rest.substr(0, slash);
  url.target = slash == std::string::npos ? "/" : rest.substr(slash);
  if (url.target.starts_with('?')) url.target.insert(0, "/");
  if (url.authority.empty()) return std::unexpected("\"" + text + "\" names no host");
  const auto colon = url.authority.find_last_of(":]");
  const bool has_port = colon != std::string::npos && url.authority[colon] == ':';
  url.port = has_port ? url.authority.substr(colon + 1) : url.is_https ? "443" : "80";
  return url;
}

std::string port_of(const std::string& address) { return address.substr(address.find_last_of(':') + 1); }

using Listeners = std::vector<config::Listener>;

// By name; else by port and TLS, by port alone, by TLS alone where only one fits, the only one.
std::expected<std::size_t, std::string> find_listener(const Listeners& listeners, const Question& question,
                                                      const Url& url) {
  std::vector<std::size_t> by_tls;
  std::string names;
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    const config::Listener& listener = listeners[i];
    names += (names.empty() ? "" : ", ") + listener.name;
    if (!question.listener.empty()) {
      if (listener.name == question.listener) return i;
      continue;
    }
    if (port_of(listener.address) == url.port && listener.tls.has_value() == url.is_https) return i;
    if (listener.tls.has_value() == url.is_https) by_tls.push_back(i);
  }
  if (by_tls.size() == 1) return by_tls.front();
  if (listeners.size() == 1 && question.listener.empty()) return 0;
  const std::string asked = question.listener.empty() ? "port " + url.port : "\"" + question.listener + "\"";
  return std::unexpected("no listener fits " + asked + "; with --listener NAME one can be chosen: " + names);
}

std::string match_text(const config::RouteMatch& match) {
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  for (const std::string& host : match.host) add("host " + host);
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
    made_.listener = {listener_->name, listener_->address + (listener_->tls ? ", TLS" : ""),
                      origin(path_ + ".address")};
    filters(listener_->filters, "listener");
  }

  void route(const RequestHead& request) {
    for (const proxy::PlacedRoute& placed : proxy::routes_in_order(*listener_)) {
      if (!proxy::RouteMatcher(placed.route.match).matches(request)) continue;
      const bool is_catch_all = placed.index == proxy::PlacedRoute::kCatchAll;
      const std::string path = path_ + (is_catch_all ? ".upstream" : ".routes[" + std::to_string(placed.index) + "]");
      made_.route = {placed.route.name, match_text(placed.route.match), mark(placed.route, path)};
      made_.action = action_text(placed.route);
      filters(placed.route.filters, "route");
      timeouts(placed.route.timeouts, path);
      upstream(placed.route.upstream);
      return;
    }
    made_.action = "404: no route matches";
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
    const std::pair<const char*, Duration> values[] = {{"request", limits.request},
                                                       {"backend_request", limits.backend_request},
                                                       {"request_head", limits.request_head},
                                                       {"body_idle", limits.body_idle},
                                                       {"keep_alive", limits.keep_alive}};
    for (const auto& [name, value] : values) {
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

}  // namespace

std::expected<Explanation, std::string> explain(const config::Settings& settings, const Question& question) {
  const auto url = parse_url(question.url);
  if (!url) return std::unexpected(url.error());
  const auto index = find_listener(settings.listeners, question, *url);
  if (!index) return std::unexpected(index.error());
  Explainer explainer(settings);
  explainer.listener(*index);
  Explanation& made = explainer.made();

  const std::string text = request_text(question, *url);
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
    made.request = question.method + ' ' + url->target + " of " + url->authority;
    return made;
  }
  made.request =
      std::string(request.method_token) + ' ' + std::string(request.target) + " of " + std::string(request.authority);
  explainer.route(request);
  return made;
}

}  // namespace outrigger::cli
