#pragma once

#include "event/event_loop.h"

namespace outrigger::server {

// Gives memory back to the system after a burst: freed buffers lie between small things that live on, so the allocator
// alone keeps most of them. Looks every ten seconds; acts when buffers fell to less than half of their peak, and by at
// least kLeast. Thread: main, whose loop carries no traffic; a worker waits only if it allocates from the same heap
// then.
class MemoryTrim {
 public:
  static constexpr std::uint64_t kLeast = 16 * 1024 * 1024;

  explicit MemoryTrim(EventLoop& loop);

  // The start is over: code and constants of the mapped files that only it needed are let go. They stay in the page
  // cache, where a touch finds them (a minor fault for 64 KiB) and the system may drop what nobody touches.
  // Cost: 0.1 ms.
  static void forget_start();

 private:
  void look();
  Timer timer_;
  std::uint64_t peak_ = 0;  // since memory was given back
};

}  // namespace outrigger::server
