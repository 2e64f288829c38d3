#include "upstream/discovery/discovery.h"

#include <algorithm>
#include <limits>

#include "base/units.h"
#include "outrigger/process_log.h"
#include "outrigger/stats.h"

namespace outrigger::upstream {

namespace {

using namespace std::chrono_literals;

constexpr Duration kBetweenLines =
    10s;  // of bad news about one name: a server that comes and goes must not fill the log

std::size_t index_of(net::dns::Family family) { return static_cast<std::size_t>(family); }

double or_nothing(const std::optional<Duration>& value) {
  return value ? std::chrono::duration<double>(*value).count() : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

Discovery::Discovery(std::string upstream, std::string name) : upstream_(std::move(upstream)), name_(std::move(name)) {}

void Discovery::succeed(Answer answer, Instant now) {
  std::lock_guard lock(mutex_);
  answer_ = std::move(answer);
  good_at_.fill(now);
  error_.clear();
  tell(Told::good, now);
}

Answer Discovery::succeed_without(net::dns::Family missing, Answer answer, const std::string& why, Instant now) {
  std::lock_guard lock(mutex_);
  for (const net::Address& address : usable(now).value_or(Answer{}).addresses) {
    if (net::dns::family_of(address) == missing) answer.addresses.push_back(address);
  }
  answer_ = answer;
  good_at_[index_of(other(missing))] = now;
  error_ = why;
  tell(Told::part, now);
  return answer;
}

// Without what has become too old; nothing: all of it.
std::optional<Answer> Discovery::usable(Instant now) const {
  const auto is_old = [&](net::dns::Family family) {
    const auto& good_at = good_at_[index_of(family)];
    return !good_at || now - *good_at > kUsable;
  };
  if (is_old(net::dns::Family::v4) && is_old(net::dns::Family::v6)) return std::nullopt;
  Answer answer = answer_;
  std::erase_if(answer.addresses, [&](const net::Address& address) { return is_old(net::dns::family_of(address)); });
  return answer;
}

std::optional<Answer> Discovery::fail(const std::string& why, Instant now) {
  std::lock_guard lock(mutex_);
  error_ = why;
  auto kept = usable(now);
  tell(kept ? Told::kept : Told::gone, now);
  return kept;
}

std::optional<Answer> Discovery::last_good(Instant now) {
  std::lock_guard lock(mutex_);
  return usable(now);
}

net::dns::Families Discovery::families(Instant now) {
  std::lock_guard lock(mutex_);
  return net::dns::families_of(usable(now).value_or(Answer{}).addresses);
}

Discovery::View Discovery::view(Instant now) {
  std::lock_guard lock(mutex_);
  View view{!error_.empty(), error_, std::nullopt};
  if (const auto good_at = oldest()) view.age = now - *good_at;
  return view;
}

void Discovery::tell(Told what, Instant now) {
  if (what == told_ || (what != Told::good && told_at_ && now - *told_at_ < kBetweenLines)) return;
  told_ = what;
  if (what == Told::good) {
    return log(LogLevel::info, "a name can be looked up again", {{"upstream", upstream_}, {"name", name_}});
  }
  told_at_ = now;
  if (what == Told::gone) {
    return log(LogLevel::warn, "a name cannot be looked up: it has no endpoints",
               {{"upstream", upstream_}, {"name", name_}, {"why", error_}});
  }
  const auto age = std::chrono::ceil<std::chrono::seconds>(now - oldest().value_or(now));
  log(LogLevel::warn,
      what == Told::part ? "a name can be looked up only in part: the last good addresses of the rest stay in use"
                         : "a name cannot be looked up: its last good answer stays in use",
      {{"upstream", upstream_}, {"name", name_}, {"why", error_}, {"age", base::format_duration(age)}});
}

std::shared_ptr<DiscoveryBoard> DiscoveryBoard::of(const std::string& upstream, KeyedStore& store) {
  const auto make = [&] {
    auto board = std::make_shared<DiscoveryBoard>(upstream);
    const stats::Labels labels = {{"upstream", upstream}};
    stats::gauge_callback("outrigger_upstream_dns_failing", "Names that cannot be looked up at present.", labels,
                          [weak = std::weak_ptr(board)] {
                            const auto kept = weak.lock();
                            if (!kept) return std::numeric_limits<double>::quiet_NaN();
                            return static_cast<double>(kept->failing(std::chrono::steady_clock::now()));
                          });
    stats::gauge_callback("outrigger_upstream_dns_answer_age_seconds",
                          "Age of the oldest last good answer to the look-up of a name.", labels,
                          [weak = std::weak_ptr(board)] {
                            const auto kept = weak.lock();
                            return or_nothing(kept ? kept->oldest(std::chrono::steady_clock::now()) : std::nullopt);
                          });
    return board;
  };
  return std::static_pointer_cast<DiscoveryBoard>(store.find_or_make("discovery\n" + upstream, make));
}

std::shared_ptr<Discovery> DiscoveryBoard::find(const std::string& name) {
  std::lock_guard lock(mutex_);
  std::erase_if(items_, [](const auto& item) { return item.expired(); });
  for (const auto& item : items_) {
    if (auto found = item.lock(); found && found->name() == name) return found;
  }
  auto made = std::make_shared<Discovery>(upstream_, name);
  items_.push_back(made);
  return made;
}

std::vector<std::shared_ptr<Discovery>> DiscoveryBoard::all() {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Discovery>> all;
  for (const auto& item : items_) {
    if (auto found = item.lock()) all.push_back(std::move(found));
  }
  return all;
}

std::size_t DiscoveryBoard::failing(Instant now) {
  return static_cast<std::size_t>(
      std::ranges::count_if(all(), [&](const auto& item) { return item->view(now).is_failing; }));
}

std::optional<Duration> DiscoveryBoard::oldest(Instant now) {
  std::optional<Duration> oldest;
  for (const auto& item : all()) oldest = std::max(oldest, item->view(now).age);
  return oldest;
}

}  // namespace outrigger::upstream
