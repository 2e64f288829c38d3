#include "filters/circuit_breaker/breaker_directory.h"

#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace outrigger::filters {
namespace {

using Name = std::pair<std::string, std::string>;  // upstream and route

struct Directory {
  std::mutex mutex;
  std::vector<std::weak_ptr<BreakerState>> breakers;
  std::set<Name> gauges;  // that are registered
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

// The metric's number; the newest breaker of the name counts, as an older one is on its way out.
double gauge_of(const Name& name) {
  double result = 0;
  for (const BreakerInfo& info : breaker_snapshot()) {
    if (info.upstream == name.first && info.route == name.second) result = static_cast<double>(info.state);
  }
  return result;
}

}  // namespace

void enlist_breaker(const std::shared_ptr<BreakerState>& state) {
  Directory& all = directory();
  const Name name{state->name().upstream, state->name().route};
  {
    const std::lock_guard lock(all.mutex);
    std::erase_if(all.breakers, [](const auto& entry) { return entry.expired(); });
    all.breakers.push_back(state);
    if (!all.gauges.insert(name).second) return;
  }
  stats::gauge_callback("outrigger_breaker_state", "State of the circuit breaker: 0 closed, 1 open, 2 half-open.",
                        labels_of(state->name()), [name] { return gauge_of(name); });
}

std::vector<BreakerInfo> breaker_snapshot() {
  const Instant now = std::chrono::steady_clock::now();
  std::vector<BreakerInfo> result;
  for (const auto& state : living()) result.push_back(state->info(now));
  return result;
}

bool force_breaker(std::string_view upstream, BreakerForce force) {
  const Instant now = std::chrono::steady_clock::now();
  bool found = false;
  for (const auto& state : living()) {
    if (state->name().upstream != upstream) continue;
    state->force(force, now);
    found = true;
  }
  return found;
}

}  // namespace outrigger::filters
