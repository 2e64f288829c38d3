#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "outrigger/clock.h"

namespace outrigger::adapters {

// What the checks of one entry of `adapters.health` came to, for those who ask: probes, pages, webhooks, the metric.
// Thread: any.
class HealthVerdict {
 public:
  enum class State : std::uint8_t { unknown, healthy, unhealthy };
  struct CheckView {
    std::string what;     // "tcp 127.0.0.1:8080"
    std::string problem;  // of the latest round; empty: it was good
  };
  struct View {
    State state = State::unknown;
    WallTime since{};
    std::vector<CheckView> checks;
  };

  explicit HealthVerdict(std::string name) : name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  // Cost: an atomic load.
  State state() const { return state_.load(std::memory_order_relaxed); }
  View view() const;
  // What a round came to. `since` changes where the state does.
  void publish(State state, std::vector<CheckView> checks, WallTime now);

 private:
  const std::string name_;
  std::atomic<State> state_{State::unknown};
  mutable std::mutex mutex_;
  View view_;  // guarded by mutex_
};

// "unknown", "healthy", "unhealthy".
std::string_view name_of(HealthVerdict::State state);
// A line, and with `has_details` one more for each check.
std::string health_text(const HealthVerdict& verdict, bool has_details);
// A JSON object of name, status and since, and with `has_details` the checks.
std::string health_json(const HealthVerdict& verdict, bool has_details);

}  // namespace outrigger::adapters
