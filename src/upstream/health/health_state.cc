#include "upstream/health/health_state.h"

#include <algorithm>

#include "base/random.h"
#include "outrigger/process_log.h"

namespace outrigger::upstream {

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

stats::Counter checks(const std::string& upstream, const char* result) {
  return stats::counter("outrigger_upstream_health_checks_total", "Active health checks.",
                        {{"upstream", upstream}, {"result", result}});
}

}  // namespace

HealthState::HealthState(std::string upstream, std::string endpoint, const config::HealthCheck& settings, Counts counts)
    : upstream_(std::move(upstream)), endpoint_(std::move(endpoint)), settings_(settings), counts_(counts) {}

HealthBoard::HealthBoard(std::string upstream, const config::HealthCheck& settings, std::vector<DownEndpoint> down)
    : upstream_(std::move(upstream)),
      settings_(settings),
      counts_{checks(upstream_, "good"), checks(upstream_, "bad")},
      inherited_(std::move(down)) {}

bool HealthState::claim(Instant now) {
  Duration::rep due = next_.load(kRelaxed);
  if (now.time_since_epoch().count() < due) return false;
  // Should the result never come, somebody else tries.
  const auto next = (now + settings_.timeout + settings_.interval).time_since_epoch().count();
  return next_.compare_exchange_strong(due, next, kRelaxed);
}

Duration HealthState::until_due(Instant now) const {
  return std::max<Duration>(Duration(next_.load(kRelaxed)) - now.time_since_epoch(), std::chrono::milliseconds(1));
}

void HealthState::report(const std::string& error, Instant now) {
  const bool bad = !error.empty();
  (bad ? counts_.bad : counts_.good).add();
  if (bad) {
    std::lock_guard lock(mutex_);
    last_error_ = error;
    last_error_at_ = now;
  }
  if (bad == is_down_.load(kRelaxed)) {
    in_a_row_.store(0, kRelaxed);
    is_known_.store(true, kRelaxed);
  } else {
    const std::uint32_t count = in_a_row_.fetch_add(1, kRelaxed) + 1;
    const bool is_first = !is_known_.exchange(true, kRelaxed);
    if (is_first || count >= (bad ? settings_.fall : settings_.rise)) turn(bad, error, now);
  }
  const bool hurry = is_down_.load(kRelaxed) || in_a_row_.load(kRelaxed) != 0;
  const Duration pause = hurry ? std::min(settings_.interval, settings_.fast_interval) : settings_.interval;
  const auto jitter = static_cast<Duration::rep>((random_share() - 0.5) * 0.2 * static_cast<double>(pause.count()));
  next_.store((now + pause + Duration(jitter)).time_since_epoch().count(), kRelaxed);
}

void HealthState::inherit(const DownEndpoint& down) {
  std::lock_guard lock(mutex_);
  last_error_ = down.error;
  last_error_at_ = down.failed_at;
  is_down_.store(true, kRelaxed);
}

std::optional<DownEndpoint> HealthState::as_down() {
  std::lock_guard lock(mutex_);
  if (is_healthy()) return std::nullopt;
  return DownEndpoint{endpoint_, last_error_, last_error_at_};
}

HealthState::View HealthState::view(Instant now) {
  std::lock_guard lock(mutex_);
  View view{is_known_.load(kRelaxed) || !is_healthy(), is_healthy(), last_error_, std::nullopt};
  if (!last_error_.empty()) view.since_last_error = now - last_error_at_;
  return view;
}

void HealthState::turn(bool down, const std::string& why, Instant now) {
  in_a_row_.store(0, kRelaxed);
  is_down_.store(down, kRelaxed);
  if (!down) up_since_.store(now.time_since_epoch().count(), kRelaxed);
  log(down ? LogLevel::warn : LogLevel::info, down ? "an endpoint is unhealthy" : "an endpoint is healthy again",
      {{"upstream", upstream_}, {"endpoint", endpoint_}, {"why", why}});
}

std::shared_ptr<HealthState> HealthBoard::state(std::string_view endpoint) {
  std::lock_guard lock(mutex_);
  std::erase_if(entries_, [](const Entry& entry) { return entry.state.expired(); });
  for (const Entry& entry : entries_) {
    if (entry.endpoint != endpoint) continue;
    if (auto found = entry.state.lock()) return found;
  }
  auto made = std::make_shared<HealthState>(upstream_, std::string(endpoint), settings_, counts_);
  const auto known = std::ranges::find(inherited_, endpoint, &DownEndpoint::name);
  if (known != inherited_.end()) {
    made->inherit(*known);
    inherited_.erase(known);
  }
  entries_.push_back({std::string(endpoint), made});
  return made;
}

std::vector<DownEndpoint> HealthBoard::down() {
  std::lock_guard lock(mutex_);
  std::vector<DownEndpoint> all;
  for (const Entry& entry : entries_) {
    const auto state = entry.state.lock();
    if (auto found = state ? state->as_down() : std::nullopt) all.push_back(std::move(*found));
  }
  return all;
}

std::size_t HealthBoard::unhealthy() {
  std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::ranges::count_if(entries_, [](const Entry& entry) {
    const auto state = entry.state.lock();
    return state && !state->is_healthy();
  }));
}

}  // namespace outrigger::upstream
