#pragma once

#include <functional>

#include "outrigger/task.h"

namespace outrigger {

class Exchange;
struct ResponseHead;

// How other threads reach a worker; lives as long as they do. `call` runs on the worker's thread soon, between two
// events, unless the process ends first. Thread: any. Allocates: not for the hot path.
class Poster {
 public:
  virtual void post(std::function<void()> call) = 0;

 protected:
  ~Poster() = default;
};

// Work on a request that goes on without its client: a fetch that others wait for, or that nobody waits for. Begun by
// Exchange::detach, owned and ended by the worker.
class Detached {
 public:
  Detached() = default;
  Detached(const Detached&) = delete;
  Detached& operator=(const Detached&) = delete;
  // Also when run() was dropped half-way: whoever waits must be told here.
  virtual ~Detached() = default;

  // `exchange` is the work's own: the request as it stood, without content, with the whole time of `timeouts.request`
  // up to stop_clock(). What it answers to, nobody hears.
  virtual Task<void> run(Exchange& exchange) = 0;
  // The service sent an interim answer (1xx) on the way. `head` is gone afterwards.
  virtual void interim(const ResponseHead& head) { (void)head; }
};

}  // namespace outrigger
