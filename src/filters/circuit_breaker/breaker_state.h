#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "filters/circuit_breaker/call_window.h"
#include "filters/place.h"
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
  std::uint32_t window_requests = 0;  // 0: the window is a time, else so many requests
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

// Whose calls a breaker counts.
struct BreakerName {
  std::string upstream;
  std::string route{};     // empty: of all routes
  std::string endpoint{};  // empty: of all endpoints
  bool operator==(const BreakerName&) const = default;
};
// The labels of its metrics; without a route, if it has none. Endpoints of an upstream are counted together: they come
// and go, and a metric keeps every label it ever had.
stats::Labels labels_of(const BreakerName& name);

// A breaker as the admin API shows it.
struct BreakerInfo {
  std::string upstream;
  std::string route;
  std::string place;
  std::string endpoint;
  BreakerPosition state = BreakerPosition::closed;
  BreakerForce force = BreakerForce::automatic;
  std::string reason;          // why it is in this state, in words
  std::uint64_t requests = 0;  // in the window
  std::uint64_t failures = 0;
  std::uint64_t slow = 0;
  Duration open_for{};  // until the next probe; 0 unless open and timed
};

// The machine of one breaker, shared by all workers. A call is over when its answer's body is: a probe whose answer
// flows on and on passes `open_for` after the last of the probes got its head.
//
//              trips                    open_for passed
//   closed ------------> open ------------------------------> half-open
//     ^                   ^                                     |   |
//     |                   +------------- a probe failed --------+   |
//     +----------------------- all probes passed -------------------+
//
// Thread: any. While it is closed, no lock and no write to a line that workers share: the state is one atomic that is
// only read, calls are counted per worker, and only a failed or slow call looks at the sum. While it is open, refusing
// takes two reads. Transitions and probes take a short mutex, never held across a co_await.
class BreakerState {
 public:
  BreakerState(const BreakerLimits& limits, BreakerName name);
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
    // As a number that can be kept elsewhere, for `attach` of the same state to take back, once; 0 if this is none.
    std::uint64_t detach() { return std::exchange(state_, nullptr) == nullptr ? 0 : era_ + 1; }
    // A good head is here; how the answer ends is to be reported.
    void answered(Instant now) const {
      if (!state_->is_calm()) state_->answered(era_ + 1, now);
    }
    // Instead of a report: the client left before the answer had ended. The probe is given back, unless the service
    // has been slow already: that counts, whoever waits how long. `had_head`: answered() was called before.
    void leave(bool had_head, Duration duration, Instant now) {
      std::exchange(state_, nullptr)->leave(era_, had_head, duration, now);
    }
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

  // Would try_enter give a permit? Cost: two reads.
  bool may_enter(Instant now) const {
    const Word word = load();
    return word.position == BreakerPosition::closed || !must_refuse(word, now);
  }
  Permit try_enter(Instant now);
  Permit attach(std::uint64_t detached) { return {detached == 0 ? nullptr : this, detached - 1}; }
  // As Permit::answered, of one that is detached.
  void answered(std::uint64_t detached, Instant now);
  // Since when it is closed; the epoch: since ever.
  Instant closed_since() const { return Instant(Duration(closed_since_.load(std::memory_order_relaxed))); }
  // How long a refused client should stay away.
  Duration retry_after(Instant now) const;
  void force(BreakerForce force, Instant now);
  BreakerInfo info(Instant now) const;
  const BreakerName& name() const { return name_; }
  // Where its filter stands in the file, for info().
  Place& place() { return place_; }

 private:
  // In one word: what every call reads. The era grows with each transition: what was sent before it does not count.
  struct Word {
    std::uint64_t era = 0;
    BreakerForce force = BreakerForce::automatic;
    BreakerPosition position = BreakerPosition::closed;
  };
  Word load() const {
    const std::uint64_t word = word_.load(std::memory_order_acquire);
    return {word >> 8, static_cast<BreakerForce>((word >> 4) & 15), static_cast<BreakerPosition>(word & 15)};
  }
  void store(Word word);

  // It is closed, and no failure to connect is waiting for an answer to be forgotten.
  bool is_calm() const {
    return load().position == BreakerPosition::closed && connect_failures_.load(std::memory_order_relaxed) == 0;
  }
  bool must_refuse(Word word, Instant now) const;
  bool is_proven(Instant now) const {
    return now.time_since_epoch().count() >= proven_at_.load(std::memory_order_relaxed);
  }
  Permit enter_slowly(Instant now);
  bool is_slow(Duration duration) const { return limits_.slow && duration > limits_.slow->over; }
  void leave(std::uint64_t era, bool had_head, Duration duration, Instant now);
  void release(std::uint64_t era);
  void report(std::uint64_t era, bool ok, bool connect_failure, Duration duration, Instant now);
  void report_closed(std::uint64_t era, bool ok, bool slow, bool connect_failure, Instant now);
  void report_probe(std::uint64_t era, bool ok, Instant now);
  void trip(std::uint64_t era, Instant now, std::string reason);

  // With mutex_ held:
  void move_to(BreakerPosition position, BreakerForce force, Instant now, std::string reason);
  void open(Instant now, BreakerForce force, std::string reason);

  const BreakerLimits limits_;
  const BreakerName name_;
  Place place_{{}};
  const std::array<stats::Counter, 3> transitions_;
  const std::unique_ptr<CallWindow> window_;

  std::atomic<std::uint64_t> word_{0};
  std::atomic<Instant::rep> open_until_{0};
  std::atomic<Instant::rep> closed_since_{0};
  std::atomic<Instant::rep> proven_at_{0};  // half-open: then it closes, though probes' answers still flow
  std::atomic<std::uint32_t> probes_taken_{0};
  alignas(64) std::atomic<std::uint32_t> connect_failures_{0};  // in a row, since it was last closed

  mutable std::mutex mutex_;  // for everything below, and for writing the atomics above, the last one aside
  std::string reason_ = "nothing happened yet";
  std::uint32_t openings_ = 0;  // since it was last closed
  std::uint32_t probes_answered_ = 0;
  std::uint32_t probes_passed_ = 0;
};

}  // namespace outrigger::filters
