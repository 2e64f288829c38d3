#include "server/app/app.h"

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "outrigger/process_log.h"

namespace outrigger::server {

namespace {

using namespace std::chrono_literals;

constexpr Duration kCheck = 20ms;     // whether the group is empty
constexpr Duration kLastWait = 2s;    // for the end after SIGKILL: a process that nobody reaps never leaves its group
constexpr Duration kFirstPause = 1s;  // before a restart, doubling
constexpr Duration kLongestPause = 30s;
constexpr Duration kSteady = 1min;  // what ran so long begins to count restarts anew

}  // namespace

std::string_view name_of(AppPhase phase) {
  static constexpr std::string_view kNames[] = {"starting", "up", "ending", "pausing", "ended"};
  return kNames[static_cast<std::size_t>(phase)];
}

App::App(EventLoop& loop, AppOptions options, Hooks hooks)
    : options_(std::move(options)),
      hooks_(std::move(hooks)),
      timer_(loop, [this] { check(); }),
      restarts_total_(stats::counter("outrigger_app_restarts_total", "Runs of the app after the first.")),
      kills_total_(stats::counter("outrigger_app_kills_total", "Ends of the app by SIGKILL, for it took too long.")),
      up_(stats::gauge("outrigger_app_up", "1 while the app runs and can be used.")) {}

std::optional<int> App::start() {
  auto process = AppProcess::start(options_.command);
  if (process) {
    began(*process);
    return std::nullopt;
  }
  std::fprintf(stderr, "outrigger: %s\n", process.error().text.c_str());
  return process.error().exit_code;
}

void App::began(AppProcess process) {
  process_ = process;
  move_to(AppPhase::starting);
  was_late_ = is_killed_ = false;
  began_ = std::chrono::steady_clock::now();
  log(LogLevel::info, "the app runs", {{"app", options_.command.front()}, {"pid", process.pid()}});
  if (options_.wait_for.empty()) return be_up();
  timer_.start(options_.wait_limit);
  probe_ = hooks_.probe([this] { be_up(); });
}

void App::move_to(AppPhase phase) {
  phase_ = phase;
  up_.set(phase == AppPhase::up ? 1 : 0);
  hooks_.moved();
}

void App::be_up() {
  probe_.reset();
  timer_.stop();
  move_to(AppPhase::up);
  if (!options_.wait_for.empty()) log(LogLevel::info, "the app is up", {{"waited_for", options_.wait_for}});
}

void App::stop(int signal) {
  if (std::exchange(is_stopping_, true)) return kill_group();
  if (process_) return end_group(signal);
  end(exit_code_.value_or(0));
}

void App::forward(int signal) const {
  if (process_) process_->signal(signal);
}

void App::on_child_ended() {
  if (!process_ || phase_ == AppPhase::ended) return;
  const auto code = process_->reap();
  if (!code) return;
  exit_code_ = code;
  if (phase_ != AppPhase::ending) end_group(SIGTERM);  // what it started and left behind
  check();
}

void App::end_group(int signal) {
  probe_.reset();
  process_->signal(signal);
  move_to(AppPhase::ending);
  deadline_ = std::chrono::steady_clock::now() + options_.stop_limit;
  timer_.start(kCheck);
}

void App::check() {
  if (phase_ == AppPhase::pausing) return start_again();
  if (phase_ == AppPhase::starting) {
    was_late_ = true;
    log(LogLevel::error, "the app did not come up in time", {{"waited_for", options_.wait_for}});
    return end_group(SIGTERM);
  }
  if (phase_ != AppPhase::ending) return;
  const bool is_over = std::chrono::steady_clock::now() >= deadline_;
  if (process_->is_group_empty() || (is_killed_ && is_over && exit_code_)) return run_ended();
  if (is_over) kill_group();
  timer_.start(kCheck);
}

void App::kill_group() {
  if (!process_ || phase_ == AppPhase::ended || std::exchange(is_killed_, true)) return;
  log(LogLevel::warn, "the app is killed", {{"pid", process_->pid()}});
  kills_total_.add();
  process_->signal(SIGKILL);
  deadline_ = std::chrono::steady_clock::now() + kLastWait;
}

void App::run_ended() {
  process_.reset();
  const int code = *exit_code_;
  log(has_failed() && !is_stopping_ ? LogLevel::error : LogLevel::info, "the app ended", {{"exit_code", code}});
  if (std::chrono::steady_clock::now() - began_ >= kSteady) in_a_row_ = 0;
  if (is_stopping_ || !options_.restarts || !has_failed()) return end(was_late_ ? std::max(code, 1) : code);
  if (in_a_row_ < options_.restart_limit) return pause();
  log(LogLevel::error, "the app is not started again: it failed too often",
      {{"restarts", in_a_row_}, {"exit_code", code}});
  end(std::max(code, 1));
}

void App::pause() {
  const Duration length = std::min(kFirstPause * (1 << std::min<std::size_t>(in_a_row_, 5)), kLongestPause);
  move_to(AppPhase::pausing);
  timer_.start(length);
}

void App::start_again() {
  ++in_a_row_;
  restarts_total_.add();
  exit_code_.reset();
  if (const auto failed = start()) end(*failed);
}

void App::end(int exit_code) {
  timer_.stop();
  exit_code_ = exit_code;
  move_to(AppPhase::ended);
  hooks_.ended(exit_code);
}

}  // namespace outrigger::server
