#include "config/circles.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <set>

namespace outrigger::config {
namespace {

using References = std::vector<const UpstreamReference*>;

class Circles {
 public:
  Circles(const Settings& settings, const Parser& parser, Report& report) : parser_(parser), report_(report) {
    for (const Upstream& upstream : settings.upstreams) {
      if (upstream.filters) sent_[upstream.name] = sent_by(*upstream.filters, {"fallback", "ext_auth"});
    }
  }

  // An upstream whose filters send requests on, so that they come back to it. Each circle once.
  void from(const std::string& upstream) {
    if (known_.contains(upstream)) return;
    seen_.clear();
    way_ = {upstream};
    follow(upstream);
  }

  // A chain that leads to `upstream` and to no other.
  void back_to(const std::string& upstream, const std::vector<FilterSpec>& filters) {
    for (const UpstreamReference* reference : sent_by(filters, {"fallback"})) {
      if (reference->name != upstream) continue;
      error(*reference, "this is the upstream that the requests come from: `retry` asks it again");
    }
  }

 private:
  References sent_by(const std::vector<FilterSpec>& filters, std::initializer_list<std::string_view> senders) const {
    References found;
    for (const FilterSpec& spec : filters) {
      if (std::ranges::find(senders, spec.type->name) == senders.end()) continue;
      for (const UpstreamReference& reference : parser_.upstream_references()) {
        if (reference.path.starts_with(spec.path + '.')) found.push_back(&reference);
      }
    }
    return found;
  }

  void follow(const std::string& upstream) {
    if (!seen_.insert(upstream).second) return;
    for (const UpstreamReference* reference : sent_[upstream]) {
      way_.push_back(reference->name);
      if (reference->name == way_.front()) {
        report_circle(*reference);
      } else {
        follow(reference->name);
      }
      way_.pop_back();
    }
  }

  void report_circle(const UpstreamReference& last) {
    std::string text;
    for (const std::string& name : way_) text += (text.empty() ? "" : " -> ") + name;
    known_.insert(way_.begin(), way_.end());
    error(last, "requests would go round in a circle: " + text);
  }

  void error(const UpstreamReference& reference, std::string message) {
    report_.error(reference.mark, reference.path, std::move(message));
  }

  const Parser& parser_;
  Report& report_;
  std::map<std::string, References> sent_;  // by upstream
  std::set<std::string> known_;             // upstreams on circles that were reported
  std::set<std::string> seen_;
  std::vector<std::string> way_;
};

}  // namespace

void check_circles(const Settings& settings, const Parser& parser, Report& report) {
  Circles circles(settings, parser, report);
  for (const Upstream& upstream : settings.upstreams) circles.from(upstream.name);
  for (const Listener& listener : settings.listeners) {
    if (!listener.upstream.empty()) circles.back_to(listener.upstream, listener.filters);
    for (const Route& route : listener.routes) {
      if (!route.upstream.empty()) circles.back_to(route.upstream, route.filters);
    }
  }
}

}  // namespace outrigger::config
