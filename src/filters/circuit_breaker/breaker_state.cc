#include "filters/circuit_breaker/breaker_state.h"

#include <algorithm>

#include "base/random.h"
#include "base/units.h"
#include "outrigger/process_log.h"

namespace outrigger::filters {
namespace {

constexpr double kJitter = 0.1;
constexpr const char* kNames[] = {"closed", "open", "half_open"};

stats::Counter transitions(const BreakerName& name, BreakerPosition to) {
  stats::Labels labels = labels_of(name);
  labels.emplace_back("to", kNames[static_cast<std::size_t>(to)]);
  return stats::counter("outrigger_breaker_transitions_total", "Times that a circuit breaker changed its state.",
                        labels);
}

std::unique_ptr<CallWindow> make_window(const BreakerLimits& limits) {
  if (limits.window_requests != 0) return std::make_unique<CountWindow>(limits.window_requests);
  return std::make_unique<TimeWindow>(limits.window);
}

std::string part_of(std::uint64_t part, const CallCounts& all, const BreakerLimits& limits, const char* what) {
  std::string text = std::to_string(part) + " of " + std::to_string(all.requests) + " requests " + what;
  if (limits.window_requests == 0) text += " within " + base::format_duration(limits.window);
  return text;
}

}  // namespace

stats::Labels labels_of(const BreakerName& name) {
  stats::Labels labels = {{"upstream", name.upstream}};
  if (!name.route.empty()) labels.emplace_back("route", name.route);
  return labels;
}

BreakerState::BreakerState(const BreakerLimits& limits, BreakerName name)
    : limits_(limits),
      name_(std::move(name)),
      transitions_{transitions(name_, BreakerPosition::closed), transitions(name_, BreakerPosition::open),
                   transitions(name_, BreakerPosition::half_open)},
      window_(make_window(limits)) {}

void BreakerState::store(Word word) {
  word_.store(
      (word.era << 8) | (static_cast<std::uint64_t>(word.force) << 4) | static_cast<std::uint64_t>(word.position),
      std::memory_order_release);
}

bool BreakerState::must_refuse(Word word, Instant now) const {
  switch (word.position) {
    case BreakerPosition::closed:
      return false;
    case BreakerPosition::half_open:
      return probes_taken_.load(std::memory_order_relaxed) >= limits_.probes && !is_proven(now);
    case BreakerPosition::open:
      break;
  }
  return word.force == BreakerForce::open || limits_.reset == BreakerReset::manual ||
         now.time_since_epoch().count() < open_until_.load(std::memory_order_relaxed);
}

BreakerState::Permit BreakerState::try_enter(Instant now) {
  const Word word = load();
  if (word.position == BreakerPosition::closed) return {this, word.era};
  if (must_refuse(word, now)) return {nullptr, 0};
  return enter_slowly(now);
}

BreakerState::Permit BreakerState::enter_slowly(Instant now) {
  const std::lock_guard lock(mutex_);
  const Word word = load();
  if (must_refuse(word, now)) return {nullptr, 0};
  if (word.position == BreakerPosition::open) {
    probes_answered_ = probes_passed_ = 0;
    probes_taken_.store(0, std::memory_order_relaxed);
    proven_at_.store(Instant::max().time_since_epoch().count(), std::memory_order_relaxed);
    move_to(BreakerPosition::half_open, word.force, now, "the time to try again came");
  } else if (word.position == BreakerPosition::half_open && is_proven(now)) {
    move_to(BreakerPosition::closed, word.force, now, "all probes were answered and none has failed since");
  }
  if (load().position == BreakerPosition::half_open) probes_taken_.fetch_add(1, std::memory_order_relaxed);
  return {this, load().era};
}

void BreakerState::answered(std::uint64_t detached, Instant now) {
  const std::uint64_t era = detached - 1;
  const Word seen = load();
  if (detached == 0 || seen.era != era) return;
  if (connect_failures_.load(std::memory_order_relaxed) != 0) connect_failures_.store(0, std::memory_order_relaxed);
  if (seen.position != BreakerPosition::half_open) return;
  const std::lock_guard lock(mutex_);
  if (load().era != era || ++probes_answered_ != limits_.probes) return;
  proven_at_.store((now + limits_.open_for).time_since_epoch().count(), std::memory_order_relaxed);
}

void BreakerState::release(std::uint64_t era) {
  const Word seen = load();
  if (seen.era != era || seen.position != BreakerPosition::half_open) return;
  const std::lock_guard lock(mutex_);
  if (load().era == era) probes_taken_.fetch_sub(1, std::memory_order_relaxed);
}

void BreakerState::leave(std::uint64_t era, bool had_head, Duration duration, Instant now) {
  if (is_slow(duration)) return report(era, true, false, duration, now);
  if (!had_head) return release(era);
  const Word seen = load();
  if (seen.era != era || seen.position != BreakerPosition::half_open) return;
  const std::lock_guard lock(mutex_);
  if (load().era != era || is_proven(now)) return;
  probes_taken_.fetch_sub(1, std::memory_order_relaxed);
  if (probes_answered_-- == limits_.probes) {
    proven_at_.store(Instant::max().time_since_epoch().count(), std::memory_order_relaxed);
  }
}

void BreakerState::report(std::uint64_t era, bool ok, bool connect_failure, Duration duration, Instant now) {
  const Word word = load();
  if (word.era != era || word.force != BreakerForce::automatic) return;
  const bool slow = is_slow(duration);
  if (word.position == BreakerPosition::closed) {
    report_closed(era, ok, slow, connect_failure, now);
  } else if (word.position == BreakerPosition::half_open) {
    report_probe(era, ok && !slow, now);
  }
}

void BreakerState::report_closed(std::uint64_t era, bool ok, bool slow, bool connect_failure, Instant now) {
  window_->record(era, !ok, slow, now);
  if (!ok && connect_failure) {
    const std::uint32_t in_a_row = connect_failures_.fetch_add(1, std::memory_order_relaxed) + 1;
    if (limits_.connect_failures != 0 && in_a_row >= limits_.connect_failures) {
      return trip(era, now, std::to_string(in_a_row) + " failures to connect in a row");
    }
  } else if (connect_failures_.load(std::memory_order_relaxed) != 0) {
    connect_failures_.store(0, std::memory_order_relaxed);
  }
  if (ok && !slow) return;  // cannot have raised a share
  const CallCounts all = window_->sum(era, now);
  if (all.requests < limits_.min_requests) return;
  const auto requests = static_cast<double>(all.requests);
  if (!ok && static_cast<double>(all.failures) >= limits_.failure_rate * requests) {
    trip(era, now, part_of(all.failures, all, limits_, "failed"));
  } else if (slow && static_cast<double>(all.slow) >= limits_.slow->rate * requests) {
    trip(era, now, part_of(all.slow, all, limits_, "were slow"));
  }
}

void BreakerState::report_probe(std::uint64_t era, bool ok, Instant now) {
  const std::lock_guard lock(mutex_);
  const Word word = load();
  if (word.era != era) return;
  if (!ok) return open(now, word.force, "a probe failed");
  if (++probes_passed_ >= limits_.probes) move_to(BreakerPosition::closed, word.force, now, "all probes passed");
}

void BreakerState::trip(std::uint64_t era, Instant now, std::string reason) {
  const std::lock_guard lock(mutex_);
  const Word word = load();
  if (word.era == era) open(now, word.force, std::move(reason));
}

void BreakerState::move_to(BreakerPosition position, BreakerForce force, Instant now, std::string reason) {
  const auto index = static_cast<std::size_t>(position);
  reason_ = std::move(reason);
  if (position == BreakerPosition::closed) {
    connect_failures_.store(0, std::memory_order_relaxed);
    openings_ = 0;
    closed_since_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  }
  store({load().era + 1, force, position});
  transitions_[index].add();
  log(position == BreakerPosition::open ? LogLevel::warn : LogLevel::info, "circuit breaker",
      {{"state", kNames[index]},
       {"upstream", name_.upstream},
       {"route", name_.route},
       {"endpoint", name_.endpoint},
       {"reason", reason_}});
}

void BreakerState::open(Instant now, BreakerForce force, std::string reason) {
  Duration length = limits_.open_for;
  for (std::uint32_t i = 0; i < openings_ && length < limits_.max_open; ++i) length *= 2;
  ++openings_;
  const double jitter = 1 + kJitter * (2 * random_share() - 1);
  const auto nanoseconds = static_cast<double>(std::min(length, limits_.max_open).count());
  const Instant until = now + Duration(static_cast<Duration::rep>(nanoseconds * jitter));
  open_until_.store(until.time_since_epoch().count(), std::memory_order_relaxed);
  move_to(BreakerPosition::open, force, now, std::move(reason));
}

Duration BreakerState::retry_after(Instant now) const {
  const Word word = load();
  if (word.position == BreakerPosition::half_open) return std::chrono::seconds(1);
  // Only an operator ends the other two; nobody knows when.
  if (word.force == BreakerForce::open || limits_.reset == BreakerReset::manual) return limits_.open_for;
  const Instant until{Duration(open_until_.load(std::memory_order_relaxed))};
  return std::max<Duration>(until - now, Duration(0));
}

void BreakerState::force(BreakerForce force, Instant now) {
  const std::lock_guard lock(mutex_);
  if (force == BreakerForce::open) {
    open(now, force, "an operator opened it");
  } else {
    move_to(BreakerPosition::closed, force, now,
            force == BreakerForce::closed ? "an operator closed it" : "an operator reset it");
  }
}

BreakerInfo BreakerState::info(Instant now) const {
  const std::lock_guard lock(mutex_);
  const Word word = load();
  const CallCounts all = window_->sum(word.era, now);
  BreakerInfo info{.upstream = name_.upstream,
                   .route = name_.route,
                   .place = place_.text(),
                   .endpoint = name_.endpoint,
                   .state = word.position,
                   .force = word.force,
                   .reason = reason_,
                   .requests = all.requests,
                   .failures = all.failures,
                   .slow = all.slow};
  const bool timed = word.force != BreakerForce::open && limits_.reset == BreakerReset::timed;
  if (word.position == BreakerPosition::open && timed) {
    const Instant until{Duration(open_until_.load(std::memory_order_relaxed))};
    info.open_for = std::max<Duration>(until - now, Duration(0));
  }
  return info;
}

}  // namespace outrigger::filters
