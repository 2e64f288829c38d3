#include "proxy/overload.h"

#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <limits>
#include <string>

#include "base/memory_budget.h"
#include "base/units.h"
#include "outrigger/process_log.h"

namespace outrigger::proxy {

namespace {

using namespace std::chrono_literals;

constexpr Duration kTick = 100ms;
constexpr int kQuietTicks = 10;      // without a request; then the worker sleeps
constexpr int kNothingAccepted = 2;  // times the limit
constexpr double kOver = 0.75;       // of the limit: it is over

struct Words {
  const char* name;
  std::string_view refusal;
};
constexpr Words kWords[] = {
    {"memory", "limits.memory is used up"},
    {"descriptors", "limits.descriptors is used up"},
    {"event_loop", "the worker is late by more than limits.event_loop_delay"},
};

// How many workers are overloaded, for each resource: the first and the last of them say so.
std::array<std::atomic<int>, std::size(kWords)> overloaded_workers;

bool memory_exceeds(double share) {
  return static_cast<double>(MemoryBudget::used()) >= share * static_cast<double>(MemoryBudget::limit());
}

// The lowest free descriptor; INT_MAX if there is none.
int lowest_free() {
  const int fd = ::eventfd(0, EFD_CLOEXEC);
  if (fd < 0) return INT_MAX;
  ::close(fd);
  return fd;
}

}  // namespace

Overload::Overload(EventLoop& loop)
    : loop_(loop), timer_(loop, [this] { on_timer(); }), serve_below_(INT_MAX), accept_below_(INT_MAX) {}

Overload::~Overload() {
  for (const Resource resource : {memory, descriptors, event_loop}) leave(resource);
}

void Overload::apply(const config::ProcessLimits& limits) {
  delay_limit_ = limits.event_loop_delay;
  descriptor_share_ = limits.descriptors;
  find_descriptors();
  for (std::size_t i = 0; i < kResources; ++i) {
    refused_[i] = stats::counter("outrigger_overload_refused_total", "Requests refused because of overload.",
                                 {{"resource", kWords[i].name}});
    stats::gauge_callback("outrigger_overloaded_workers", "Workers that refuse requests now.",
                          {{"resource", kWords[i].name}},
                          [i] { return static_cast<double>(overloaded_workers[i].load(std::memory_order_relaxed)); });
  }
  stats::gauge_callback("outrigger_event_loop_delay_seconds", "How late the worker comes to what is due.",
                        {{"worker", std::to_string(stats::worker_index())}}, [weak = std::weak_ptr(published_delay_)] {
                          const auto delay = weak.lock();
                          return delay ? static_cast<double>(delay->load(std::memory_order_relaxed)) / 1e9
                                       : std::numeric_limits<double>::quiet_NaN();
                        });
}

// The limit may have been changed while the process runs (prlimit).
void Overload::find_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT_MAX) return;
  const auto all = static_cast<double>(limit.rlim_cur);
  serve_below_ = static_cast<int>(all * descriptor_share_.value);
  accept_below_ = static_cast<int>((all + serve_below_) / 2);
}

std::string_view Overload::refusal(int fd) {
  was_asked_ = true;
  if (!is_ticking_) start();
  if (!MemoryBudget::has_room()) return refuse(memory);
  if (fd >= serve_below_) return refuse(descriptors);
  if (is_late_) return refuse(event_loop);
  return {};
}

std::string_view Overload::refuse(Resource resource) {
  enter(resource);
  refused_[resource].add();
  return kWords[resource].refusal;
}

bool Overload::may_accept() {
  if (memory_exceeds(kNothingAccepted)) {
    enter(memory);
    return false;
  }
  if (newest_is_too_high_) {
    newest_is_too_high_ = lowest_free() >= accept_below_;
    if (newest_is_too_high_) enter(descriptors);
  }
  const bool is_much_too_late = is_late_ && delay_.value() >= delay_limit_ * kNothingAccepted;
  return !newest_is_too_high_ && !is_much_too_late;
}

void Overload::enter(Resource resource) {
  if (std::exchange(is_overloaded_[resource], true)) return;
  if (!is_ticking_) start();
  if (overloaded_workers[resource].fetch_add(1, std::memory_order_relaxed) > 0) return;
  std::string value;
  if (resource == memory) value = std::to_string(MemoryBudget::used()) + " bytes";
  if (resource == descriptors) value = "from number " + std::to_string(serve_below_) + " on";
  if (resource == event_loop)
    value = "late by " + base::format_duration(std::chrono::floor<std::chrono::milliseconds>(delay_.value()));
  log(LogLevel::warn, "overloaded: new requests are refused", {{"resource", kWords[resource].name}, {"value", value}});
}

void Overload::leave(Resource resource) {
  if (!std::exchange(is_overloaded_[resource], false)) return;
  if (overloaded_workers[resource].fetch_sub(1, std::memory_order_relaxed) > 1) return;
  log(LogLevel::info, "no longer overloaded", {{"resource", kWords[resource].name}});
}

void Overload::start() {
  is_ticking_ = true;
  quiet_ticks_ = 0;
  due_ = loop_.now() + kTick;
  timer_.start(kTick);
}

void Overload::on_timer() {
  const bool is_quiet = !std::exchange(was_asked_, false);
  quiet_ticks_ = is_quiet ? quiet_ticks_ + 1 : 0;
  tick(due_, loop_.now());
  const bool is_well = !is_overloaded_[memory] && !is_overloaded_[descriptors] && !is_overloaded_[event_loop];
  if (quiet_ticks_ >= kQuietTicks && is_well) {
    is_ticking_ = false;
    return;
  }
  due_ = loop_.now() + kTick;
  timer_.start(kTick);
}

void Overload::tick(Instant due, Instant now) {
  delay_.observe(std::max(now - due, Duration(0)));
  published_delay_->store(delay_.value().count(), std::memory_order_relaxed);
  if (delay_limit_ > Duration(0) && delay_.value() >= delay_limit_) {
    is_late_ = true;
    enter(event_loop);
  }
  find_descriptors();
  for (const Resource resource : {memory, descriptors, event_loop}) {
    if (is_overloaded_[resource] && is_over(resource)) leave(resource);
  }
  is_late_ = is_overloaded_[event_loop];
}

bool Overload::is_over(Resource resource) const {
  switch (resource) {
    case memory:
      return !memory_exceeds(kOver);
    case descriptors:
      return lowest_free() < serve_below_;
    case event_loop:
      break;
  }
  return delay_.value() < std::chrono::duration_cast<Duration>(delay_limit_ * kOver);
}

}  // namespace outrigger::proxy
