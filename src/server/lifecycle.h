#pragma once

#include <functional>
#include <string_view>

#include "config/settings.h"
#include "event/event_loop.h"

namespace outrigger::server {

// serving -> not_ready (probes say so, traffic still comes and is served, HTTP/1 clients are told to close) -> draining
// (nothing new; what is in flight may finish) -> drained (nothing is open). A process that is to end does so from
// `draining` too, when its time is over.
enum class Phase : std::uint8_t { serving, not_ready, draining, drained };
std::string_view name_of(Phase phase);

// The end of a process, in steps that lose no request. Thread: the loop's.
class Lifecycle {
 public:
  struct Hooks {
    std::function<void()> let_go;                   // answers say that their connection ends
    std::function<void()> stop_accepting;           // connections end with their current exchange
    std::function<std::size_t()> open_connections;  // of all workers
    std::function<void()> end;                      // leave now; again only for a further signal
  };
  Lifecycle(EventLoop& loop, Hooks hooks);

  Phase phase() const { return phase_; }
  // The process was told to end.
  bool is_terminating() const { return terminating_; }
  // The time to drain is over, and connections are still open. They may go on until the process is told to end.
  bool is_overdue() const { return is_overdue_; }
  // How long a drain may take, of the one under way; zero before.
  Duration drain_limit() const { return drain_limit_; }
  // Begins to drain and stays alive: for a preStop hook, SIGTERM follows.
  void drain(const config::Shutdown& limits);
  // SIGTERM: drains, then ends. `at_once` (SIGINT) and after drain() without the time of not_ready; a drain that is
  // under way keeps its time. The second call ends now.
  void terminate(const config::Shutdown& limits, bool at_once);

 private:
  void move_to(Phase phase);
  void set_deadline(const config::Shutdown& limits);
  void begin_draining();
  void check();
  void be_overdue();
  void end();

  EventLoop& loop_;
  Hooks hooks_;
  Timer timer_;
  Phase phase_ = Phase::serving;
  bool terminating_ = false;
  bool is_overdue_ = false;
  Duration drain_limit_{};
  Instant deadline_{};
};

}  // namespace outrigger::server
