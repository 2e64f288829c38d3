#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "event/event_loop.h"

namespace outrigger::server {

class Worker;

// Evens out the workers' open connections. The kernel spreads them by a hash of their addresses, so of a few that stay
// open some share a worker while another has none. A worker with more than the least loaded one gives a new connection
// away: at most kBurst at once and kPerSecond from then on, because a hand-over wakes two threads, and connections that
// come and go in numbers even out by themselves. Thread: its worker's.
class ConnectionBalance {
 public:
  static constexpr double kBurst = 64;
  static constexpr double kPerSecond = 100;

  explicit ConnectionBalance(Worker& own) : own_(own) {}
  Worker& own() { return own_; }
  // All workers; before the first connection. They outlive this.
  void set_workers(const std::vector<std::unique_ptr<Worker>>& workers);
  // The worker that should have the next connection in place of this one, if any.
  Worker* lighter(Instant now);

 private:
  Worker& own_;
  std::vector<Worker*> others_;
  double left_ = kBurst;
  Instant counted_{};
};

}  // namespace outrigger::server
