#include "filters/circuit_breaker/breaker_state.h"

#include <algorithm>
#include <set>

#include "base/random.h"

namespace outrigger::filters {
namespace {

constexpr double kJitter = 0.1;

stats::Counter transitions(std::string_view upstream, const char* to) {
  return stats::counter("outrigger_breaker_transitions_total", "Times that a circuit breaker changed its state.",
                        {{"upstream", std::string(upstream)}, {"to", to}});
}

struct Directory {
  std::mutex mutex;
  std::vector<std::weak_ptr<BreakerState>> breakers;
  std::set<std::string, std::less<>> gauges;  // upstreams that have their gauge
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

// The metric's number; the newest breaker of the upstream counts, as an older one is on its way out.
double gauge_of(std::string_view upstream) {
  double result = 0;
  for (const BreakerInfo& info : breaker_snapshot()) {
    if (info.upstream == upstream) result = static_cast<double>(info.state);
  }
  return result;
}

}  // namespace

BreakerState::BreakerState(const BreakerLimits& limits, std::string_view upstream, std::string_view place)
    : limits_(limits),
      upstream_(upstream),
      place_(place),
      transitions_{transitions(upstream, "closed"), transitions(upstream, "open"), transitions(upstream, "half_open")} {
}

BreakerState::Permit BreakerState::try_enter(Instant now) {
  const std::lock_guard lock(mutex_);
  if (position_ == BreakerPosition::open) {
    if (force_ == BreakerForce::open || limits_.reset == BreakerReset::manual || now < open_until_) {
      return Permit(nullptr, 0);
    }
    move_to(BreakerPosition::half_open);
    probes_taken_ = 0;
    probes_passed_ = 0;
  }
  if (position_ == BreakerPosition::half_open) {
    if (probes_taken_ >= limits_.probes) return Permit(nullptr, 0);
    ++probes_taken_;
  }
  return Permit(this, era_);
}

void BreakerState::release(std::uint64_t era) {
  const std::lock_guard lock(mutex_);
  if (era == era_ && position_ == BreakerPosition::half_open) --probes_taken_;
}

void BreakerState::report(std::uint64_t era, bool ok, bool connect_failure, Duration duration, Instant now) {
  const std::lock_guard lock(mutex_);
  if (era != era_ || force_ != BreakerForce::automatic) return;
  const bool slow = limits_.slow && duration > limits_.slow->over;
  if (position_ == BreakerPosition::closed) {
    report_closed(ok, slow, connect_failure, now);
  } else if (position_ == BreakerPosition::half_open) {
    if (!ok || slow) {
      open(now);
    } else if (++probes_passed_ >= limits_.probes) {
      close();
    }
  }
}

void BreakerState::report_closed(bool ok, bool slow, bool connect_failure, Instant now) {
  const std::int64_t index = index_of(now);
  Bucket& bucket = buckets_[static_cast<std::size_t>(index) % buckets_.size()];
  if (bucket.index < index) bucket = Bucket{.index = index};
  ++bucket.requests;
  if (!ok) ++bucket.failures;
  if (slow) ++bucket.slow;
  connect_failures_ = !ok && connect_failure ? connect_failures_ + 1 : 0;
  if (limits_.connect_failures != 0 && connect_failures_ >= limits_.connect_failures) return open(now);

  if (ok && !slow) return;  // cannot have raised a share
  const Bucket all = sum(now);
  if (all.requests < limits_.min_requests) return;
  const auto requests = static_cast<double>(all.requests);
  const bool too_many_failures = !ok && static_cast<double>(all.failures) >= limits_.failure_rate * requests;
  const bool too_many_slow = slow && static_cast<double>(all.slow) >= limits_.slow->rate * requests;
  if (too_many_failures || too_many_slow) open(now);
}

std::int64_t BreakerState::index_of(Instant now) const {
  const Duration span = std::max(limits_.window / static_cast<int>(buckets_.size()), Duration(1));
  return now.time_since_epoch() / span;
}

BreakerState::Bucket BreakerState::sum(Instant now) const {
  Bucket result;
  const std::int64_t oldest = index_of(now) - static_cast<std::int64_t>(buckets_.size());
  for (const Bucket& bucket : buckets_) {
    if (bucket.index <= oldest) continue;
    result.requests += bucket.requests;
    result.failures += bucket.failures;
    result.slow += bucket.slow;
  }
  return result;
}

void BreakerState::move_to(BreakerPosition position) {
  ++era_;
  position_ = position;
  transitions_[static_cast<std::size_t>(position)].add();
}

void BreakerState::open(Instant now) {
  move_to(BreakerPosition::open);
  Duration length = limits_.open_for;
  for (std::uint32_t i = 0; i < openings_ && length < limits_.max_open; ++i) length *= 2;
  ++openings_;
  const double jitter = 1 + kJitter * (2 * random_share() - 1);
  const auto nanoseconds = static_cast<double>(std::min(length, limits_.max_open).count());
  open_until_ = now + Duration(static_cast<Duration::rep>(nanoseconds * jitter));
}

void BreakerState::close() {
  if (position_ != BreakerPosition::closed) move_to(BreakerPosition::closed);
  buckets_.fill(Bucket{});
  connect_failures_ = 0;
  openings_ = 0;
}

Duration BreakerState::retry_after(Instant now) const {
  const std::lock_guard lock(mutex_);
  if (position_ == BreakerPosition::half_open) return std::chrono::seconds(1);
  // Only an operator ends the other two; nobody knows when.
  if (force_ == BreakerForce::open || limits_.reset == BreakerReset::manual) return limits_.open_for;
  return std::max(open_until_ - now, Duration(0));
}

void BreakerState::force(BreakerForce force, Instant now) {
  const std::lock_guard lock(mutex_);
  force_ = force;
  if (force == BreakerForce::open) {
    if (position_ != BreakerPosition::open) open(now);
  } else {
    close();
  }
}

BreakerInfo BreakerState::info(Instant now) const {
  const std::lock_guard lock(mutex_);
  BreakerInfo info{.upstream = upstream_, .place = place_, .state = position_, .force = force_};
  const Bucket all = sum(now);
  info.requests = all.requests;
  info.failures = all.failures;
  info.slow = all.slow;
  const bool timed = force_ != BreakerForce::open && limits_.reset == BreakerReset::timed;
  if (position_ == BreakerPosition::open && timed) info.open_for = std::max(open_until_ - now, Duration(0));
  return info;
}

void enlist_breaker(const std::shared_ptr<BreakerState>& state, std::string_view upstream) {
  Directory& all = directory();
  bool is_new = false;
  {
    const std::lock_guard lock(all.mutex);
    std::erase_if(all.breakers, [](const auto& entry) { return entry.expired(); });
    all.breakers.push_back(state);
    is_new = all.gauges.emplace(upstream).second;
  }
  if (!is_new) return;
  stats::gauge_callback("outrigger_breaker_state", "State of the circuit breaker: 0 closed, 1 open, 2 half-open.",
                        {{"upstream", std::string(upstream)}},
                        [name = std::string(upstream)] { return gauge_of(name); });
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
    if (state->info(now).upstream != upstream) continue;
    state->force(force, now);
    found = true;
  }
  return found;
}

}  // namespace outrigger::filters
