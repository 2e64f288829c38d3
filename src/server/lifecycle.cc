#include "server/lifecycle.h"

#include "outrigger/process_log.h"

namespace outrigger::server {

namespace {

using namespace std::chrono_literals;

constexpr Duration kCheck = 20ms;

}  // namespace

std::string_view name_of(Phase phase) {
  switch (phase) {
    case Phase::serving:
      return "serving";
    case Phase::not_ready:
      return "not_ready";
    case Phase::draining:
      return "draining";
    case Phase::drained:
      break;
  }
  return "drained";
}

Lifecycle::Lifecycle(EventLoop& loop, Hooks hooks)
    : loop_(loop), hooks_(std::move(hooks)), timer_(loop, [this] { check(); }) {}

void Lifecycle::move_to(Phase phase) {
  phase_ = phase;
  log(LogLevel::info, "phase", {{"phase", name_of(phase)}});
}

void Lifecycle::set_deadline(const config::Shutdown& limits) {
  drain_limit_ = limits.drain;
  deadline_ = loop_.now() + limits.drain;
}

void Lifecycle::drain(const config::Shutdown& limits) {
  if (phase_ != Phase::serving) return;
  set_deadline(limits);
  move_to(Phase::not_ready);
  hooks_.let_go();
  timer_.start(limits.not_ready);
}

void Lifecycle::terminate(const config::Shutdown& limits, bool at_once) {
  if (std::exchange(terminating_, true)) return end();
  if (phase_ == Phase::serving && !at_once) return drain(limits);
  if (phase_ == Phase::drained || is_overdue_) return end();
  if (phase_ == Phase::serving) set_deadline(limits);
  if (phase_ != Phase::draining) begin_draining();
}

void Lifecycle::begin_draining() {
  move_to(Phase::draining);
  hooks_.stop_accepting();
  timer_.start(kCheck);
}

void Lifecycle::check() {
  if (phase_ == Phase::not_ready) return begin_draining();
  if (hooks_.open_connections() == 0) {
    move_to(Phase::drained);
    if (terminating_) end();
    return;
  }
  timer_.start(kCheck);
  if (loop_.now() >= deadline_ && !is_overdue_) be_overdue();
}

void Lifecycle::be_overdue() {
  is_overdue_ = true;
  log(LogLevel::warn,
      terminating_ ? "the time to drain is over; connections that are still open are closed"
                   : "the time to drain is over; connections are still open",
      {{"connections", hooks_.open_connections()}});
  if (terminating_) end();
}

// What a second call of the hook means is for a further signal to say: the timer has none to make.
void Lifecycle::end() {
  if (phase_ < Phase::draining) begin_draining();
  timer_.stop();
  hooks_.end();
}

}  // namespace outrigger::server
