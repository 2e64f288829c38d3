#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "outrigger/clock.h"
#include "outrigger/stats.h"

namespace outrigger::filters {

enum class BreakerReset : std::uint8_t { timed, manual };
// The numbers are those of the metric outrigger_breaker_state.
enum class BreakerPosition : std::uint8_t { closed, open, half_open };
// What an operator asked for; `automatic` = nothing.
enum class BreakerForce : std::uint8_t { automatic, open, closed };

struct BreakerLimits {
  double failure_rate = 0.5;
  Duration window = std::chrono::seconds(10);
  std::uint32_t min_requests = 20;
  std::uint32_t connect_failures = 5;  // in a row; 0: not looked at
  struct Slow {
    Duration over{};
    double rate = 1;
  };
  std::optional<Slow> slow;
  Duration open_for = std::chrono::seconds(5);
  Duration max_open = std::chrono::seconds(60);
  std::uint32_t probes = 3;
  BreakerReset reset = BreakerReset::timed;
};

// A breaker as the admin API shows it.
struct BreakerInfo {
  std::string upstream;
  std::string place;
  BreakerPosition state = BreakerPosition::closed;
  BreakerForce force = BreakerForce::automatic;
  std::uint64_t requests = 0;  // in the window
  std::uint64_t failures = 0;
  std::uint64_t slow = 0;
  Duration open_for{};  // until the next probe; 0 unless open and timed
};

// The machine of one breaker: closed, open, half-open. Thread: any; a short mutex, never held across a co_await.
class BreakerState {
 public:
  BreakerState(const BreakerLimits& limits, std::string_view upstream, std::string_view place);
  BreakerState(const BreakerState&) = delete;
  BreakerState& operator=(const BreakerState&) = delete;

  // Leave to send one request; false: refused. Dropped without a report it gives its probe back and counts nothing.
  // The breaker must outlive it.
  class [[nodiscard]] Permit {
   public:
    Permit(Permit&& other) noexcept : state_(std::exchange(other.state_, nullptr)), era_(other.era_) {}
    Permit& operator=(Permit&&) = delete;
    ~Permit() {
      if (state_ != nullptr) state_->release(era_);
    }
    explicit operator bool() const { return state_ != nullptr; }
    // How the request went, once. `connect_failure`: it never reached the service.
    void report(bool ok, bool connect_failure, Duration duration, Instant now) {
      std::exchange(state_, nullptr)->report(era_, ok, connect_failure, duration, now);
    }

   private:
    friend class BreakerState;
    Permit(BreakerState* state, std::uint64_t era) : state_(state), era_(era) {}
    BreakerState* state_;
    std::uint64_t era_;
  };

  Permit try_enter(Instant now);
  // How long a refused client should stay away.
  Duration retry_after(Instant now) const;
  void force(BreakerForce force, Instant now);
  BreakerInfo info(Instant now) const;

 private:
  struct Bucket {
    std::int64_t index = -1;  // number of its span of time
    std::uint64_t requests = 0, failures = 0, slow = 0;
  };

  void release(std::uint64_t era);
  void report(std::uint64_t era, bool ok, bool connect_failure, Duration duration, Instant now);
  void report_closed(bool ok, bool slow, bool connect_failure, Instant now);
  std::int64_t index_of(Instant now) const;
  Bucket sum(Instant now) const;
  void move_to(BreakerPosition position);
  void open(Instant now);
  void close();

  const BreakerLimits limits_;
  const std::string upstream_;
  const std::string place_;
  const std::array<stats::Counter, 3> transitions_;

  mutable std::mutex mutex_;
  BreakerPosition position_ = BreakerPosition::closed;
  BreakerForce force_ = BreakerForce::automatic;
  std::uint64_t era_ = 0;  // grows with each transition: what was sent before it does not count
  std::array<Bucket, 10> buckets_{};
  std::uint32_t connect_failures_ = 0;  // in a row
  std::uint32_t openings_ = 0;          // since it was last closed
  Instant open_until_{};
  std::uint32_t probes_taken_ = 0;
  std::uint32_t probes_passed_ = 0;
};

// The directory of all breakers of the process, for the admin API and the gauge. Thread: any.
// Puts `state` into it and registers outrigger_breaker_state for its upstream.
void enlist_breaker(const std::shared_ptr<BreakerState>& state, std::string_view upstream);
std::vector<BreakerInfo> breaker_snapshot();
// Sets every breaker of the upstream; false when it has none. `automatic` closes and starts counting afresh.
bool force_breaker(std::string_view upstream, BreakerForce force);

}  // namespace outrigger::filters
