#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "config/settings.h"
#include "event/event_loop.h"
#include "event/loop_delay.h"
#include "outrigger/stats.h"

namespace outrigger::proxy {

// What a worker refuses while the process holds too much or comes too late, so that what is under way gets done. It
// ends by itself. Above a limit new requests get 503, far above it nothing is accepted.
//
// memory: MemoryBudget against limits.memory; nothing is accepted above twice the limit.
// descriptors: the number of a client's descriptor against its share of the process's limit (limits.descriptors). The
//   kernel gives out the lowest free number, so whoever has one beyond the share came when all below were taken. The
//   rest is for connections to services: clients that get there are answered and closed, and when half of it is taken
//   nothing is accepted.
// event_loop: how late a tick each 100 ms is, against limits.event_loop_delay; nothing is accepted above twice the
//   limit. A worker without requests does not tick.
//
// Thread: the worker. Cost per request: three comparisons.
class Overload final {
 public:
  explicit Overload(EventLoop& loop);
  Overload(const Overload&) = delete;
  Overload& operator=(const Overload&) = delete;
  ~Overload();

  // From now on. Until the first call only memory is looked at, for what watches the process.
  void apply(const config::ProcessLimits& limits);

  // Why a new request on the client's descriptor `fd` is refused, static text; empty: it is not.
  std::string_view refusal(int fd);
  // May a connection be accepted?
  bool may_accept();
  // `fd` was accepted.
  void accepted(int fd) { newest_is_too_high_ = fd >= accept_below_; }

  // For tests: a tick that was due at `due` comes at `now`.
  void tick(Instant due, Instant now);
  Duration delay() const { return delay_.value(); }

 private:
  enum Resource : std::uint8_t { memory, descriptors, event_loop };
  static constexpr std::size_t kResources = 3;

  std::string_view refuse(Resource resource);
  void enter(Resource resource);
  void leave(Resource resource);
  void start();
  void on_timer();
  bool is_over(Resource resource) const;
  void find_descriptors();

  EventLoop& loop_;
  Timer timer_;
  Instant due_{};
  bool is_ticking_ = false;
  bool was_asked_ = false;  // since the latest tick
  int quiet_ticks_ = 0;

  LoopDelay delay_;
  std::shared_ptr<std::atomic<Duration::rep>> published_delay_ = std::make_shared<std::atomic<Duration::rep>>(0);
  Duration delay_limit_{};  // 0: none
  bool is_late_ = false;

  Share descriptor_share_{1};
  int serve_below_, accept_below_;  // descriptors
  bool newest_is_too_high_ = false;

  bool is_overloaded_[kResources] = {};
  stats::Counter refused_[kResources];
};

}  // namespace outrigger::proxy
