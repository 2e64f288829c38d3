#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/intrusive_list.h"
#include "outrigger/body.h"
#include "outrigger/clock.h"
#include "outrigger/detached.h"

struct event;
struct event_base;

namespace outrigger {

// Something to be done when the current event is over, before the next one: above all deleting what ended inside it.
class Deferred : public ListNode<Deferred> {
 public:
  virtual void run_deferred() = 0;

 protected:
  ~Deferred() = default;
};

class DeadlineQueue;

// A point in time at which `expired` is called unless cleared before. All deadlines of one length share a queue, so
// setting and clearing are pointer writes. Resolution: about a millisecond.
class Deadline : public ListNode<Deadline> {
 public:
  virtual void expired() = 0;
  void clear() { unlink(); }

 protected:
  ~Deadline() = default;

 private:
  friend class DeadlineQueue;
  Instant at_{};
};

// One worker's reactor: file descriptors, timers, deadlines, and calls posted from other threads. libevent underneath.
// Thread: everything on the loop's own thread, except post() and stop().
class EventLoop final : public Poster {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Handles events until stop().
  void run();
  void stop();
  // Runs `call` on the loop's thread soon. Thread: any. Allocates: not for the hot path.
  void post(std::function<void()> call) override;

  // The time of this turn: read once a turn, the wall clock only if somebody asks.
  Instant now() const { return now_; }
  WallTime wall_now();

  void defer(Deferred& work) { deferred_.push_back(work); }
  // Runs `work` when all events of this turn are done: what they made leaves in one write. Deferred work comes before
  // it and after it.
  void at_turn_end(Deferred& work) { at_turn_end_.push_back(work); }
  // Calls Deadline::expired after `length`. At most 64 different lengths are fast; use Timer for arbitrary ones.
  void set_deadline(Deadline& deadline, Duration length);

  event_base* base() { return base_; }
  // For watches and timers: what comes before an event (the turn's clock) and after it (deferred work).
  void begin_event() {
    if (!in_turn_) begin_turn();
  }
  void end_event();

 private:
  void begin_turn();
  void end_turn();
  void run_posted();
  static void on_wakeup(int fd, short what, void* self);

  event_base* base_;
  event* wakeup_ = nullptr;
  int wakeup_fd_ = -1;
  bool stopping_ = false;
  bool in_turn_ = false;
  bool knows_wall_time_ = false;
  Instant now_;
  WallTime wall_now_;
  IntrusiveList<Deferred> deferred_;
  IntrusiveList<Deferred> at_turn_end_;
  std::vector<Duration> lengths_;  // of queues_, side by side: looked through for every deadline
  std::vector<std::unique_ptr<DeadlineQueue>> queues_;
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by mutex_
};

// Readiness of one descriptor, edge-triggered, registered for both directions at the first wait and never again.
// The system call comes first; wait only after it said "would block". Remembers when a read can't give anything, so
// that nobody need ask the kernel.
class FdWatch {
 public:
  explicit FdWatch(EventLoop& loop) : loop_(loop) {}
  ~FdWatch() { close(); }
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  void set_fd(int fd) { fd_ = fd; }
  int fd() const { return fd_; }
  // Wakes `waiter` at the next edge in this direction; null: nobody waits. One waiter a direction.
  void wait_readable(Wakeable* waiter);
  void wait_writable(Wakeable* waiter);
  // Events come only after somebody waited.
  bool is_registered() const { return registered_; }
  // An event told of the peer's FIN; what came before it may still wait to be read.
  bool is_peer_closed() const { return is_closed_; }
  // Unregisters. The descriptor stays open.
  void close();

  // False: a read would block for sure. Readers tell what their reads came to by the two calls below it.
  bool may_read() const { return may_read_; }
  // The kernel may know more than events told so far: the next read asks it.
  void ask_again() { may_read_ = true; }
  // A read said "would block". Before the descriptor is registered no event would ever contradict.
  void read_blocked() { may_read_ = !registered_; }
  // A read gave bytes; `short_read`: fewer than there was room for.
  void read_gave(bool short_read) { was_short_ = short_read; }
  // Between two messages: a short read was the last there is, so none need follow until the next event. Not inside a
  // message: libevent hides an error that came with the bytes, and no event will follow. A FIN it does not hide.
  void settle() {
    if (was_short_ && !is_closed_) may_read_ = !registered_;
  }

 private:
  void ensure_registered();
  static void on_event(int fd, short what, void* self);

  event* native() { return reinterpret_cast<event*>(event_); }

  EventLoop& loop_;
  int fd_ = -1;
  bool registered_ = false;
  bool may_read_ = true;
  bool was_short_ = false;               // the latest read, and no event since
  bool is_closed_ = false;               // an event said that the peer ended its side
  alignas(void*) std::byte event_[128];  // an `event`, which is libevent's to know; an allocation of its own costs more
  Wakeable* reader_ = nullptr;
  Wakeable* writer_ = nullptr;
  bool* gone_ = nullptr;  // set while on_event runs: tells it that this watch was destroyed
};

// Calls back once after any time. For what has no common length: back-off, DNS, health checks.
class Timer {
 public:
  Timer(EventLoop& loop, std::function<void()> callback);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  void start(Duration after);
  void stop();

 private:
  static void on_event(int fd, short what, void* self);
  EventLoop& loop_;
  std::function<void()> callback_;
  event* event_;
};

}  // namespace outrigger
