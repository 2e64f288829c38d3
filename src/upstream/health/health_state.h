#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "outrigger/clock.h"
#include "outrigger/stats.h"

namespace outrigger::upstream {

// An endpoint that checks found unhealthy, and how the latest failed.
struct DownEndpoint {
  std::string name;
  std::string error;
  Instant failed_at;
};

// What active checks found of one endpoint, for all workers. Every worker has a timer; who comes first when a check is
// due makes it, so each endpoint is checked once an interval however many workers there are. Thread: any.
class HealthState {
 public:
  // Counts of checks, their labels resolved.
  struct Counts {
    stats::Counter good, bad;
  };
  HealthState(std::string upstream, std::string endpoint, const config::HealthCheck& settings, Counts counts);

  // The first check decides; until then an endpoint counts as healthy.
  bool is_healthy() const { return !is_down_.load(std::memory_order_relaxed); }
  // When it became healthy again.
  Instant healthy_since() const { return Instant(Duration(up_since_.load(std::memory_order_relaxed))); }
  // True: a check is due, and yours to make; report() must follow.
  bool claim(Instant now);
  Duration until_due(Instant now) const;
  // What a check came to; `error` is empty when it was good.
  void report(const std::string& error, Instant now);

  // Before the first check: what was known of the endpoint under other settings holds until then.
  void inherit(const DownEndpoint& down);
  // Nothing: it is healthy.
  std::optional<DownEndpoint> as_down();

  struct View {
    bool is_known = false;  // a check has ended, or one of before the reload
    bool is_healthy = true;
    std::string last_error;  // of the latest check that failed; empty: none did
    std::optional<Duration> since_last_error;
  };
  View view(Instant now);

 private:
  void turn(bool down, const std::string& why, Instant now);

  const std::string upstream_, endpoint_;
  const config::HealthCheck settings_;
  const Counts counts_;
  std::atomic<bool> is_down_{false};
  std::atomic<Duration::rep> up_since_{0};
  std::atomic<Duration::rep> next_{0};
  std::atomic<std::uint32_t> in_a_row_{0};  // results against the present state
  std::atomic<bool> is_known_{false};
  std::mutex mutex_;  // guards what follows
  std::string last_error_;
  Instant last_error_at_{};
};

// The states of the endpoints of one upstream. Thread: any; takes a lock.
class HealthBoard {
 public:
  // `down`: by the checks of before, under other settings.
  HealthBoard(std::string upstream, const config::HealthCheck& settings, std::vector<DownEndpoint> down = {});

  // The state of that endpoint; lives as long as somebody holds it.
  std::shared_ptr<HealthState> state(std::string_view endpoint);
  std::size_t unhealthy();
  std::vector<DownEndpoint> down();

 private:
  struct Entry {
    std::string endpoint;
    std::weak_ptr<HealthState> state;
  };
  const std::string upstream_;
  const config::HealthCheck settings_;
  const HealthState::Counts counts_;  // here: under mutex_ nothing may ask for the lock of the metrics
  std::mutex mutex_;
  std::vector<Entry> entries_;           // guarded by mutex_
  std::vector<DownEndpoint> inherited_;  // guarded by mutex_; those that have no state yet
};

}  // namespace outrigger::upstream
