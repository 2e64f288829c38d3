#include "config/checks.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/units.h"
#include "config/cached_chains.h"
#include "config/circles.h"
#include "config/describe.h"
#include "config/findings.h"
#include "config/route_checks.h"
#include "config/scalar.h"
#include "config/time_checks.h"
#include "outrigger/endpoint_gate.h"

namespace outrigger::config {
namespace {

class Checks {
 public:
  Checks(const Settings& settings, const Parser& parser, Report& report)
      : settings_(settings), parser_(parser), report_(report) {}

  void run() {
    upstream_names();
    check_circles(settings_, parser_, report_);
    check_cached_chains(settings_, report_);
    addresses();
    for (std::size_t i = 0; i < settings_.listeners.size(); ++i) {
      listener(settings_.listeners[i], "listeners[" + std::to_string(i) + "]");
    }
    for (const Upstream& each : settings_.upstreams) upstream(each, "upstreams." + each.name);
    check_times(settings_, parser_, report_);
  }

 private:
  Mark mark_of(const std::string& path) const { return config::mark_of(path, parser_.origins()); }
  bool is_set(const std::string& path) const { return parser_.origins().contains(path); }
  void error(const std::string& path, std::string message) { report_.error(mark_of(path), path, std::move(message)); }

  void upstream_names() {
    std::vector<std::string> names;
    for (const Upstream& upstream : settings_.upstreams) names.push_back(upstream.name);
    std::set<std::string> used;
    for (const UpstreamReference& reference : parser_.upstream_references()) {
      used.insert(reference.name);
      if (std::ranges::find(names, reference.name) != names.end()) continue;
      std::string hint = did_you_mean(reference.name, names);
      if (hint.empty()) hint = names.empty() ? ": there are no upstreams" : ", known are " + quoted_list(names);
      report_.error(reference.mark, reference.path, "unknown upstream \"" + reference.name + "\"" + hint);
    }
    if (report_.errors() > 0) return;  // a misspelt route would make noise here
    for (const Upstream& upstream : settings_.upstreams) {
      if (!used.contains(upstream.name)) {
        report_.warning(upstream.mark, "upstreams." + upstream.name, "no route leads to this upstream");
      }
    }
  }

  void address(const std::string& text, const std::string& path, std::map<std::string, std::string>& taken) {
    if (text.empty() || text.ends_with(":0") || text == "0") return;
    const auto [first, fresh] = taken.try_emplace(text, path);
    if (!fresh) error(path, "address " + text + " is already taken by " + first->second);
  }

  void addresses() {
    std::map<std::string, std::string> taken;
    std::map<std::string, std::string> names;
    for (std::size_t i = 0; i < settings_.listeners.size(); ++i) {
      const std::string path = "listeners[" + std::to_string(i) + "]";
      address(settings_.listeners[i].address, path + ".address", taken);
      if (settings_.listeners[i].name.empty()) continue;
      const auto [first, fresh] = names.try_emplace(settings_.listeners[i].name, path);
      if (!fresh) error(path + ".name", "the name is already taken by " + first->second);
    }
    if (settings_.status) address(settings_.status->address, "status.address", taken);
    if (settings_.admin) address(settings_.admin->address, "admin.address", taken);
  }

  void upstream(const Upstream& upstream, const std::string& path) {
    const auto& endpoints = upstream.endpoints;
    if (std::ranges::all_of(endpoints, [](const auto& endpoint) { return endpoint.weight == 0; })) {
      error(path + ".endpoints", "all weights are 0");
    }
    if (upstream.filters &&
        std::ranges::count_if(*upstream.filters, is_endpoint_gate) > std::ptrdiff_t{kMostFilterGates}) {
      error(path + ".filters", "more than " + std::to_string(kMostFilterGates) + " filters work per endpoint");
    }
    const auto& check = upstream.health_check;
    if (check && check->timeout > check->interval && is_set(path + ".health_check.timeout")) {
      const std::string key = path + ".health_check.timeout";
      report_.warning(mark_of(key), key,
                      base::format_duration(check->timeout) + " for one check cannot fit into interval, " +
                          base::format_duration(check->interval));
    }
    if (!upstream.tls) return;
    if (upstream.tls->insecure_skip_verify) {
      const std::string key = path + ".tls.insecure_skip_verify";
      report_.warning(mark_of(key), key, "any certificate is accepted: whoever answers can read the traffic");
      if (!upstream.tls->subject_alt_names.empty()) {
        error(path + ".tls.subject_alt_names", "is not looked at beside insecure_skip_verify");
      }
      return;
    }
    if (!upstream.tls->server_name.empty() || !upstream.tls->subject_alt_names.empty()) return;
    const auto has = [&](std::string_view form) {
      return std::ranges::any_of(endpoints, [&](const auto& endpoint) { return endpoint.address.starts_with(form); });
    };
    if (has("unix:")) {
      error(path + ".tls", "needs server_name: a Unix socket has no name that a certificate could be checked against");
    }
    if (has("dns+srv://")) {
      error(path + ".tls", "needs server_name: the names in SRV records are as little to be trusted as the addresses");
    }
  }

  static bool is_endpoint_gate(const FilterSpec& spec) {
    return spec.type->is_endpoint_gate != nullptr && spec.type->is_endpoint_gate(spec.config.get());
  }
  void no_endpoint_gates(const std::vector<FilterSpec>& filters) {
    for (const FilterSpec& spec : filters) {
      if (!is_endpoint_gate(spec)) continue;
      report_.error(spec.mark, spec.path, "works per endpoint, so it can only stand in an upstream's filters");
    }
  }

  void private_key(const std::string& file, const std::string& path) {
    std::error_code ignored;
    const auto permissions = std::filesystem::status(file, ignored).permissions();
    if (ignored || (permissions & std::filesystem::perms::others_read) == std::filesystem::perms::none) return;
    report_.warning(mark_of(path), path, "anybody on this machine can read the private key " + file + ": chmod o-r");
  }

  void tls(const ListenerTls& tls, const std::string& path) {
    if (!tls.key.empty()) private_key(tls.key, path + ".key");
    for (std::size_t i = 0; i < tls.certificates.size(); ++i) {
      private_key(tls.certificates[i].key, path + ".certificates[" + std::to_string(i) + "].key");
    }
  }

  static bool ends_by_itself(const std::vector<FilterSpec>& filters) {
    return std::ranges::any_of(
        filters, [](const FilterSpec& spec) { return spec.type->name == "respond" || spec.type->name == "redirect"; });
  }

  void listener(const Listener& listener, const std::string& path) {
    if (listener.tls) tls(*listener.tls, path + ".tls");
    no_endpoint_gates(listener.filters);
    protocol(listener, path);
    const bool routes = is_set(path + ".routes");
    const bool upstream = is_set(path + ".upstream");
    if (routes && upstream) error(path + ".upstream", "has both routes and upstream: keep one");
    if (!routes && !upstream && !ends_by_itself(listener.filters)) error(path, "needs routes or upstream");
    if (routes && listener.routes.empty()) error(path + ".routes", "needs at least one route");
    for (std::size_t i = 0; i < listener.routes.size(); ++i) {
      route(listener.routes[i], path + ".routes[" + std::to_string(i) + "]");
    }
    check_reachable(listener, path, Findings(parser_.origins(), report_));
  }

  void route(const Route& route, const std::string& path) {
    no_endpoint_gates(route.filters);
    int ends = 0;
    for (const char* key : {".upstream", ".split", ".redirect", ".respond"}) ends += is_set(path + key);
    if (ends > 1) error(path, "has more than one of upstream, split, redirect and respond: keep one");
    if (ends == 0 && !ends_by_itself(route.filters)) error(path, "needs one of upstream, split, redirect or respond");
    if (!is_set(path + ".split")) return;
    const bool all_zero = std::ranges::all_of(route.split, [](const auto& part) { return part.weight == 0; });
    if (all_zero) error(path + ".split", route.split.empty() ? "needs at least one upstream" : "all weights are 0");
  }

  void needs_http(const FilterSpec& spec, const std::string& listener) {
    const std::string key =
        spec.type->needs_http == nullptr ? std::string(spec.type->name) : spec.type->needs_http(spec.config.get());
    if (key.empty()) return;
    report_.error(spec.mark, spec.path, key + " needs HTTP, and " + listener + " has protocol tcp");
  }
  void need_http(const std::vector<FilterSpec>& filters, const std::string& listener) {
    for (const FilterSpec& spec : filters) needs_http(spec, listener);
  }
  void upstream_needs_http(const std::string& name, const std::string& listener) {
    const auto found = std::ranges::find(settings_.upstreams, name, &Upstream::name);
    if (found != settings_.upstreams.end() && found->filters) need_http(*found->filters, listener);
  }

  void not_for(const std::string& path, std::initializer_list<const char*> keys, const char* protocol) {
    for (const char* key : keys) {
      if (is_set(path + key)) error(path + key, std::string("goes with protocol ") + protocol + " only");
    }
  }

  // A listener that passes connections on can only have what makes sense without requests.
  void protocol(const Listener& listener, const std::string& path) {
    const bool is_tcp = listener.protocol == ListenerProtocol::tcp;
    if (is_tcp) {
      not_for(path, {".path", ".underscores", ".max_body", ".half_close"}, "http");
      need_http(listener.filters, path);
      upstream_needs_http(listener.upstream, path);
    }
    for (std::size_t i = 0; i < listener.routes.size(); ++i) {
      const Route& route = listener.routes[i];
      const std::string here = path + ".routes[" + std::to_string(i) + "]";
      if (!is_tcp) {
        not_for(here, {".match.sni"}, "tcp");
        continue;
      }
      not_for(
          here,
          {".match.host", ".match.path", ".match.method", ".match.headers", ".match.query", ".redirect", ".respond"},
          "http");
      need_http(route.filters, path);
      upstream_needs_http(route.upstream, path);
      for (const WeightedUpstream& part : route.split) upstream_needs_http(part.upstream, path);
    }
  }

  const Settings& settings_;
  const Parser& parser_;
  Report& report_;
};

}  // namespace

void check_settings(const Settings& settings, const Parser& parser, Report& report) {
  Checks(settings, parser, report).run();
}

}  // namespace outrigger::config
