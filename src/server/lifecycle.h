#pragma once

#include <functional>
#include <string_view>

#include "config/settings.h"
#include "event/event_loop.h"

namespace outrigger::server {

// serving -> not_ready (probes say so, traffic still comes and is served) -> draining (nothing new; what is in flight
// may finish) -> drained.
enum class Phase : std::uint8_t { serving, not_ready, draining, drained };
std::string_view name_of(Phase phase);

// The end of a process, in steps that lose no request. Thread: the loop's.
class Lifecycle {
 public:
  struct Hooks {
    std::function<void()> stop_accepting;           // connections end with their current exchange
    std::function<std::size_t()> open_connections;  // of all workers
    std::function<void()> end;                      // leave now
  };
  Lifecycle(EventLoop& loop, Hooks hooks);

  Phase phase() const { return phase_; }
  // Begins to drain and stays alive: for a preStop hook, SIGTERM follows.
  void drain(const config::Shutdown& limits);
  // SIGTERM: drains, then ends. `at_once` (SIGINT) and after drain() without the time of not_ready. The second call
  // ends now.
  void terminate(const config::Shutdown& limits, bool at_once);

 private:
  void move_to(Phase phase);
  void begin_draining();
  void check();

  EventLoop& loop_;
  Hooks hooks_;
  Timer timer_;
  Phase phase_ = Phase::serving;
  bool terminating_ = false;
  Instant deadline_{};
};

}  // namespace outrigger::server
