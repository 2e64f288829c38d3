#pragma once

#include <sys/types.h>

#include <vector>

#include "event/event_loop.h"

namespace outrigger::adapters {

// Waits for processes of ours that were killed and that nobody else waits for any more, so that none of them stays a
// zombie: as long as it takes, since one that waits for a device may not end for hours. Thread: the adapters', which it
// never blocks. Cost: a system call for each of them in every look.
class ChildReaper {
 public:
  explicit ChildReaper(EventLoop& loop) : next_(loop, [this] { look(); }) {}

  void take(pid_t pid);

 private:
  void look();

  std::vector<pid_t> left_;  // as many as the system lets us have
  Timer next_;
};

}  // namespace outrigger::adapters
