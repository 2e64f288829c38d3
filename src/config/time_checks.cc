#include "config/time_checks.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/units.h"
#include "config/findings.h"

namespace outrigger::config {
namespace {

using Filters = std::vector<FilterSpec>;

class TimeChecks {
 public:
  TimeChecks(const Settings& settings, const Parser& parser, Report& report)
      : settings_(settings), parser_(parser), report_(report) {}

  void listener(const Listener& listener, const std::string& path) {
    one_try(listener.timeouts, {}, path);
    const RequestTimes own = request_times(listener.timeouts, {});
    RequestTimes longest{};
    if (!listener.upstream.empty()) {
      longest = lead_to(listener.upstream, own, longest);
      for (const std::string& name : sent_by(listener.filters)) longest = lead_to(name, own, longest);
    }
    for (std::size_t i = 0; i < listener.routes.size(); ++i) {
      const Route& each = listener.routes[i];
      one_try(each.timeouts, listener.timeouts, path + ".routes[" + std::to_string(i) + "]");
      longest = route(each, listener, longest);
    }
    noticed_by(listener.filters, longest.request, longest.request);
  }

  // After all listeners: the upstream's filters see the tries of every route that leads there.
  void upstreams() {
    for (const Upstream& upstream : settings_.upstreams) {
      const auto found = longest_.find(upstream.name);
      if (found == longest_.end() || !upstream.filters) continue;
      noticed_by(*upstream.filters, found->second.request, found->second.backend_request);
    }
  }

 private:
  static RequestTimes longer(const RequestTimes& one, const RequestTimes& other) {
    return {std::max(one.request, other.request), std::max(one.backend_request, other.backend_request)};
  }

  RequestTimes route(const Route& route, const Listener& listener, RequestTimes longest) {
    const RequestTimes times = request_times(listener.timeouts, route.timeouts);
    if (!route.upstream.empty()) longest = lead_to(route.upstream, times, longest);
    for (const WeightedUpstream& part : route.split) longest = lead_to(part.upstream, times, longest);
    for (const Filters* filters : {&listener.filters, &route.filters}) {
      for (const std::string& name : sent_by(*filters)) longest = lead_to(name, times, longest);
    }
    noticed_by(route.filters, times.request, times.request);
    return longest;
  }

  // Upstreams that filters send requests to.
  std::vector<std::string> sent_by(const Filters& filters) const {
    std::vector<std::string> names;
    for (const FilterSpec& spec : filters) {
      for (const UpstreamReference& reference : parser_.upstream_references()) {
        if (reference.path.starts_with(spec.path + '.')) names.push_back(reference.name);
      }
    }
    return names;
  }

  // A request with these times may come to the upstream, and on to those that its filters name.
  RequestTimes lead_to(const std::string& name, const RequestTimes& times, const RequestTimes& longest) {
    std::set<std::string> seen;
    std::vector<std::string> names = {name};
    while (!names.empty()) {
      const std::string next = std::move(names.back());
      names.pop_back();
      const auto found = std::ranges::find(settings_.upstreams, next, &Upstream::name);
      if (found == settings_.upstreams.end() || !seen.insert(next).second) continue;
      upstream_times(*found, times.request);
      longest_[next] = longer(longest_[next], times);
      if (found->filters) std::ranges::copy(sent_by(*found->filters), std::back_inserter(names));
    }
    return longer(longest, times);
  }

  // The upstream's own times in the way of a request to it.
  void upstream_times(const Upstream& upstream, Duration request) {
    const std::string path = "upstreams." + upstream.name;
    const auto& connect = upstream.timeouts.connect;
    if (connect && *connect > request) cannot_fit(path + ".timeouts.connect", *connect, " to connect", request);
    const std::string key = path + ".limits.queue_timeout";
    const Duration queue = upstream.limits.queue_timeout;
    if (is_set(key) && queue > request) cannot_fit(key, queue, " in the queue", request);
  }

  // `inner` goes before `outer`.
  void one_try(const Timeouts& inner, const Timeouts& outer, const std::string& path) {
    const RequestTimes times = request_times(outer, inner);
    if (times.backend_request <= times.request) return;
    if (!inner.request && !inner.backend_request) return;  // said where both stand
    cannot_fit(path + ".timeouts." + (inner.backend_request ? "backend_request" : "request"), times.backend_request,
               " for one try", times.request);
  }

  // Who stands around a retry sees all tries as one.
  void noticed_by(const Filters& filters, Duration request, Duration one_try) {
    for (auto spec = filters.begin(); spec != filters.end(); ++spec) {
      if (spec->type->notices_after == nullptr) continue;
      const auto noticed = spec->type->notices_after(spec->config.get());
      const bool is_gate = spec->type->is_endpoint_gate != nullptr && spec->type->is_endpoint_gate(spec->config.get());
      const bool sees_all = !is_gate && std::any_of(spec, filters.end(), [](const FilterSpec& other) {
        return other.type->name == "retry";
      });
      const Duration limit = sees_all ? request : one_try;
      if (!noticed || limit == Duration::zero() || noticed->value < limit) continue;
      const bool is_one_try = limit == one_try && one_try != request;
      warn(spec->path + '.' + std::string(noticed->key),
           base::format_duration(noticed->value) + " for an answer cannot be seen: it is given up after " +
               (is_one_try ? "backend_request, " : "request, ") + base::format_duration(limit));
    }
  }

  void cannot_fit(const std::string& key, Duration part, const char* what, Duration request) {
    warn(key, base::format_duration(part) + what + " cannot fit into request, " + base::format_duration(request) +
                  " for all");
  }
  // Once, however many routes lead there.
  void warn(const std::string& key, std::string message) {
    if (warned_.insert(key).second) report_.warning(mark_of(key, parser_.origins()), key, std::move(message));
  }
  bool is_set(const std::string& path) const { return parser_.origins().contains(path); }

  const Settings& settings_;
  const Parser& parser_;
  Report& report_;
  std::map<std::string, RequestTimes> longest_;  // of all requests that may come to an upstream
  std::set<std::string> warned_;
};

}  // namespace

RequestTimes request_times(const Timeouts& outer, const Timeouts& inner) {
  const auto all = inner.request ? inner.request : outer.request;
  const auto one_try = inner.backend_request ? inner.backend_request : outer.backend_request;
  RequestTimes times{};
  times.request = all.value_or(std::max<Duration>(seconds(60), one_try.value_or(Duration::zero())));
  times.backend_request = one_try.value_or(std::min<Duration>(seconds(15), times.request));
  return times;
}

void check_times(const Settings& settings, const Parser& parser, Report& report) {
  TimeChecks checks(settings, parser, report);
  for (std::size_t i = 0; i < settings.listeners.size(); ++i) {
    checks.listener(settings.listeners[i], "listeners[" + std::to_string(i) + "]");
  }
  checks.upstreams();
}

}  // namespace outrigger::config
