#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "outrigger/clock.h"
#include "outrigger/stats.h"

namespace outrigger::upstream {

// The endpoints of one upstream, compared with each other: who fails often in a row, or much more often than the
// others, is ejected for a while, longer each time. Never more than `max_ejected` of them, one at least, and never a
// single one. Thread: any. Results take no lock, unless an endpoint is to be ejected or the others are compared.
class OutlierGroup {
 public:
  // What all workers saw of one endpoint.
  class State {
   public:
    explicit State(std::string endpoint) : endpoint_(std::move(endpoint)) {}
    // When the latest ejection ends or ended.
    Instant ejected_until() const { return Instant(Duration(ejected_until_.load(std::memory_order_relaxed))); }
    bool is_ejected(Instant now) const {
      return now.time_since_epoch().count() < ejected_until_.load(std::memory_order_relaxed);
    }

   private:
    friend class OutlierGroup;
    const std::string endpoint_;
    std::atomic<std::uint32_t> failures_in_a_row_{0};
    std::atomic<std::uint64_t> good_{0}, bad_{0};  // since the latest comparison
    std::atomic<Duration::rep> ejected_until_{0};
    std::atomic<std::uint32_t> ejections_{0};  // lately
  };

  OutlierGroup(std::string upstream, const config::Outlier& settings);

  // The state of that endpoint; lives as long as somebody holds it.
  std::shared_ptr<State> state(std::string_view endpoint);
  void on_result(State& state, bool failed, Instant now);
  // Endpoints that are ejected now.
  std::size_t ejected(Instant now);

 private:
  using States = std::vector<std::shared_ptr<State>>;
  void on_success(State& state, Instant now) const;
  void compare(Instant now);
  void eject(State& state, Instant now, std::string_view why, const stats::Counter& count);
  // How long it is out; nothing: it is already, or too many are.
  std::optional<Duration> try_eject(State& state, Instant now);
  Duration ejection_length(std::uint32_t before) const;
  States states();
  States living() const;  // with mutex_ held

  const std::string upstream_;
  const config::Outlier settings_;
  stats::Counter by_failures_, by_rate_, spared_;
  std::atomic<Duration::rep> next_comparison_{0};
  std::mutex mutex_;
  std::vector<std::weak_ptr<State>> states_;  // guarded by mutex_
};

}  // namespace outrigger::upstream
