#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/event_loop.h"
#include "outrigger/stats.h"
#include "server/app/app_process.h"

namespace outrigger::server {

// What `run --exec` was told.
struct AppOptions {
  std::vector<std::string> command;  // empty: there is no app
  bool restarts = false;             // when it fails: it ends with another code than 0, or does not come up
  std::size_t restart_limit = 5;     // in a row; a run that was up for a minute counts anew
  std::string wait_for;              // "127.0.0.1:8080" or "upstream:NAME"; empty: it is up once it runs
  Duration wait_limit = std::chrono::seconds(60);
  Duration stop_limit = std::chrono::seconds(10);  // from the signal to SIGKILL
};

// starting (its port is waited for) -> up -> ending (what is left of its process group is told to end, then killed) ->
// pausing (before the next run) or ended.
enum class AppPhase : std::uint8_t { starting, up, ending, pausing, ended };
std::string_view name_of(AppPhase phase);

// Says once that the app can be used; destroying it ends the asking.
class AppProbe {
 public:
  virtual ~AppProbe() = default;
};

// The program that lives and ends with this process: started, watched, started again, and ended in an orderly way.
// Thread: the loop's.
class App {
 public:
  struct Hooks {
    // Begins to ask whether the app can be used, and calls `is_up` when it can.
    std::function<std::unique_ptr<AppProbe>(std::function<void()> is_up)> probe;
    // Another phase().
    std::function<void()> moved;
    // No process of it is left and none will follow.
    std::function<void(int exit_code)> ended;
  };
  App(EventLoop& loop, AppOptions options, Hooks hooks);

  // Starts the first run; or the exit code that says why not, after a line on stderr.
  std::optional<int> start();
  // Ends it by `signal`, and by SIGKILL when its time is over; it is not started again. The second call kills.
  void stop(int signal);
  // Passes a signal on that does not mean the end.
  void forward(int signal) const;
  // A child ended, maybe this one.
  void on_child_ended();

  AppPhase phase() const { return phase_; }
  // Of the run under way, 0 between runs.
  pid_t pid() const { return process_ ? process_->pid() : 0; }
  std::size_t restarts() const { return static_cast<std::size_t>(restarts_total_.total()); }
  // Of the latest run that ended.
  std::optional<int> exit_code() const { return exit_code_; }

 private:
  void began(AppProcess process);
  void move_to(AppPhase phase);
  void be_up();
  void end_group(int signal);
  void check();
  void kill_group();
  void run_ended();
  void pause();
  void start_again();
  void end(int exit_code);
  bool has_failed() const { return was_late_ || exit_code_.value_or(0) != 0; }

  const AppOptions options_;
  Hooks hooks_;
  Timer timer_;
  AppPhase phase_ = AppPhase::starting;
  std::optional<AppProcess> process_;
  std::optional<int> exit_code_;
  std::unique_ptr<AppProbe> probe_;
  bool is_stopping_ = false;
  bool was_late_ = false;  // it did not come up in time
  bool is_killed_ = false;
  std::size_t in_a_row_ = 0;
  Instant began_{};
  Instant deadline_{};  // of what is ending
  stats::Counter restarts_total_, kills_total_;
  stats::Gauge up_;
};

}  // namespace outrigger::server
