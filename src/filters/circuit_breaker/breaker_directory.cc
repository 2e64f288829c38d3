#include "filters/circuit_breaker/breaker_directory.h"

#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace outrigger::filters {
namespace {

struct Name {
  std::string upstream;
  std::string route;
  bool is_per_endpoint;
  auto operator<=>(const Name&) const = default;
};

struct Directory {
  std::mutex mutex;
  std::vector<std::weak_ptr<BreakerState>> breakers;
  std::vector<std::shared_ptr<BreakerState>> forced;  // of endpoints: they may leave the upstream and come back
  std::set<Name> gauges;                              // that are registered
};

Directory& directory() {
  static Directory& instance = *new Directory;  // outlives every static that may still look at it
  return instance;
}

std::vector<std::shared_ptr<BreakerState>> living() {
  Directory& all = directory();
  const std::lock_guard lock(all.mutex);
  std::vector<std::shared_ptr<BreakerState>> result;
  for (const auto& entry : all.breakers) {
    if (auto state = entry.lock()) result.push_back(std::move(state));
  }
  return result;
}

// What an operator said of an endpoint holds until an operator takes it back, or the options change.
void remember(const std::shared_ptr<BreakerState>& state, BreakerForce force) {
  if (state->name().endpoint.empty()) return;
  Directory& all = directory();
  const std::lock_guard lock(all.mutex);
  std::erase(all.forced, state);
  if (force != BreakerForce::automatic) all.forced.push_back(state);
}

// The metric's number; the newest breaker of the name counts, as an older one is on its way out.
double gauge_of(const Name& name) {
  double result = 0;
  for (const BreakerInfo& info : breaker_snapshot()) {
    const bool is_it = info.upstream == name.upstream && info.route == name.route && info.endpoint.empty();
    if (is_it) result = static_cast<double>(info.state);
  }
  return result;
}

double endpoints_in(const Name& name, BreakerPosition position) {
  double count = 0;
  for (const BreakerInfo& info : breaker_snapshot()) {
    count += info.upstream == name.upstream && !info.endpoint.empty() && info.state == position ? 1 : 0;
  }
  return count;
}

void register_endpoints(const Name& name) {
  for (const auto& [label, position] :
       {std::pair{"open", BreakerPosition::open}, std::pair{"half_open", BreakerPosition::half_open}}) {
    stats::gauge_callback("outrigger_breaker_endpoints", "Endpoints whose circuit breaker is in this state.",
                          {{"upstream", name.upstream}, {"state", label}},
                          [name, position] { return endpoints_in(name, position); });
  }
}

}  // namespace

void enlist_breaker(const std::shared_ptr<BreakerState>& state) {
  Directory& all = directory();
  const Name name{state->name().upstream, state->name().route, !state->name().endpoint.empty()};
  {
    const std::lock_guard lock(all.mutex);
    std::erase_if(all.breakers, [](const auto& entry) { return entry.expired(); });
    std::erase_if(all.forced, [&](const auto& old) { return old->name() == state->name(); });
    all.breakers.push_back(state);
    if (!all.gauges.insert(name).second) return;
  }
  if (name.is_per_endpoint) return register_endpoints(name);
  stats::gauge_callback("outrigger_breaker_state", "State of the circuit breaker: 0 closed, 1 open, 2 half-open.",
                        labels_of(state->name()), [name] { return gauge_of(name); });
}

std::vector<BreakerInfo> breaker_snapshot() {
  const Instant now = std::chrono::steady_clock::now();
  std::vector<BreakerInfo> result;
  for (const auto& state : living()) result.push_back(state->info(now));
  return result;
}

bool force_breaker(std::string_view upstream, std::string_view endpoint, BreakerForce force) {
  const Instant now = std::chrono::steady_clock::now();
  bool found = false;
  for (const auto& state : living()) {
    if (state->name().upstream != upstream) continue;
    if (!endpoint.empty() && state->name().endpoint != endpoint) continue;
    state->force(force, now);
    remember(state, force);
    found = true;
  }
  return found;
}

}  // namespace outrigger::filters
