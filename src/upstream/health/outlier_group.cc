#include "upstream/health/outlier_group.h"

#include <algorithm>

#include "base/random.h"
#include "base/units.h"
#include "outrigger/process_log.h"

namespace outrigger::upstream {

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

stats::Counter ejections(const std::string& upstream, const char* reason) {
  return stats::counter("outrigger_upstream_ejections_total",
                        "Endpoints that were taken out for a while; spared: too many were out already.",
                        {{"upstream", upstream}, {"reason", reason}});
}

struct Counts {
  std::uint64_t good = 0;
  std::uint64_t bad = 0;
  std::uint64_t all() const { return good + bad; }
  double rate() const { return static_cast<double>(good) / static_cast<double>(all()); }
  Counts operator-(const Counts& other) const { return {good - other.good, bad - other.bad}; }
};

}  // namespace

OutlierGroup::OutlierGroup(std::string upstream, const config::Outlier& settings)
    : upstream_(std::move(upstream)),
      settings_(settings),
      by_failures_(ejections(upstream_, "consecutive_failures")),
      by_rate_(ejections(upstream_, "success_rate")),
      spared_(ejections(upstream_, "spared")) {}

std::shared_ptr<OutlierGroup::State> OutlierGroup::state(std::string_view endpoint) {
  std::lock_guard lock(mutex_);
  std::erase_if(states_, [](const auto& item) { return item.expired(); });
  for (const auto& item : states_) {
    if (auto found = item.lock(); found && found->endpoint_ == endpoint) return found;
  }
  auto made = std::make_shared<State>(std::string(endpoint));
  states_.push_back(made);
  return made;
}

OutlierGroup::States OutlierGroup::states() {
  std::lock_guard lock(mutex_);
  return living();
}

OutlierGroup::States OutlierGroup::living() const {
  States all;
  for (const auto& item : states_) {
    if (auto found = item.lock()) all.push_back(std::move(found));
  }
  return all;
}

std::size_t OutlierGroup::ejected(Instant now) {
  const States all = states();
  return static_cast<std::size_t>(
      std::ranges::count_if(all, [&](const auto& state) { return state->is_ejected(now); }));
}

void OutlierGroup::on_result(State& state, bool failed, Instant now) {
  const std::uint32_t many = settings_.consecutive_failures;
  if (!failed) {
    on_success(state, now);
  } else if (many != 0 && state.failures_in_a_row_.fetch_add(1, kRelaxed) + 1 >= many) {
    eject(state, now, "consecutive failures", by_failures_);
  }
  if (!settings_.success_rate) return;
  (failed ? state.bad_ : state.good_).fetch_add(1, kRelaxed);
  Duration::rep due = next_comparison_.load(kRelaxed);
  if (now.time_since_epoch().count() < due) return;
  const auto next = (now + settings_.success_rate->interval).time_since_epoch().count();
  if (next_comparison_.compare_exchange_strong(due, next, kRelaxed) && due != 0) compare(now);
}

// Writes only what is not so already: the cells are shared by the workers.
void OutlierGroup::on_success(State& state, Instant now) const {
  if (state.failures_in_a_row_.load(kRelaxed) != 0) state.failures_in_a_row_.store(0, kRelaxed);
  const std::uint32_t before = state.ejections_.load(kRelaxed);
  if (before == 0) return;
  const Duration well = now.time_since_epoch() - Duration(state.ejected_until_.load(kRelaxed));
  if (well > ejection_length(before)) state.ejections_.store(0, kRelaxed);
}

// Each against all others together, as far as both have enough requests; the worst first.
void OutlierGroup::compare(Instant now) {
  std::vector<std::pair<Counts, std::shared_ptr<State>>> all;
  Counts sum;
  for (const auto& state : states()) {
    const Counts counts{state->good_.exchange(0, kRelaxed), state->bad_.exchange(0, kRelaxed)};
    sum.good += counts.good;
    sum.bad += counts.bad;
    all.emplace_back(counts, state);
  }
  const std::uint64_t enough = settings_.success_rate->min_requests;
  std::erase_if(all, [&](const auto& item) {
    const Counts others = sum - item.first;
    return item.first.all() < enough || others.all() < enough ||
           others.rate() - item.first.rate() <= settings_.success_rate->gap.value;
  });
  std::ranges::sort(all, {}, [](const auto& item) { return item.first.rate(); });
  for (const auto& [counts, state] : all) eject(*state, now, "success rate below the others'", by_rate_);
}

Duration OutlierGroup::ejection_length(std::uint32_t before) const {
  return std::min<Duration>(settings_.max_eject_for, settings_.eject_for * (1LL << std::min(before, 16U)));
}

// Under the lock from the count of those that are out to the one more: two workers must not both find room for it.
std::optional<Duration> OutlierGroup::try_eject(State& state, Instant now) {
  std::lock_guard lock(mutex_);
  if (state.is_ejected(now)) return std::nullopt;
  const States all = living();
  const auto out =
      static_cast<std::size_t>(std::ranges::count_if(all, [&](const auto& other) { return other->is_ejected(now); }));
  const auto most = static_cast<std::size_t>(settings_.max_ejected.value * static_cast<double>(all.size()));
  // One failure more after the ejection, or after being spared, is enough for the next one.
  state.failures_in_a_row_.store(std::max(settings_.consecutive_failures, 1U) - 1, kRelaxed);
  if (all.size() < 2 || out >= std::max<std::size_t>(most, 1)) {
    spared_.add();
    return std::nullopt;
  }
  const Duration length = ejection_length(state.ejections_.fetch_add(1, kRelaxed));
  const Duration jitter(static_cast<Duration::rep>(random_share() * 0.1 * static_cast<double>(length.count())));
  state.ejected_until_.store((now + length + jitter).time_since_epoch().count(), kRelaxed);
  return length;
}

void OutlierGroup::eject(State& state, Instant now, std::string_view why, const stats::Counter& count) {
  const std::optional<Duration> length = try_eject(state, now);
  if (!length) return;
  count.add();
  log(LogLevel::warn, "an endpoint is taken out for a while",
      {{"upstream", upstream_}, {"endpoint", state.endpoint_}, {"why", why}, {"for", base::format_duration(*length)}});
}

}  // namespace outrigger::upstream
