#pragma once

#include <coroutine>
#include <cstdint>
#include <optional>

#include "net/io.h"
#include "net/pipe.h"
#include "outrigger/body.h"

namespace outrigger::net {

// co_await SpliceBody(...): moves content from a body's socket to `to`, a plain socket, through a pipe and not through
// memory: a third of the CPU for large content. Ends when the body offers no more of that (spliceable() is 0), ended or
// failed, which its next pull() tells, or when `to` failed. Moves nothing when there is no pipe.
//
// Nothing is taken from the body while `to` is behind. `stall` bounds the time between two bytes that `to` takes; the
// body has its own. A body that gives nothing for kRest ends it too, so that what rests holds no pipe: read it, and
// begin again. After kPerTurn bytes others have their turn. No frame, no allocation.
class [[nodiscard]] SpliceBody final : private Wakeable, private Deadline {
 public:
  // From this many bytes on, known to be there or announced, it is worth a pipe.
  static constexpr std::uint64_t kWorth = 64 * 1024;
  static constexpr std::size_t kPerTurn = 1024 * 1024;
  static constexpr Duration kRest = std::chrono::milliseconds(100);

  SpliceBody(EventLoop& loop, Body& body, Transport& to, Duration stall)
      : loop_(loop), body_(body), to_(to), stall_(stall), pipe_(Pipe::borrow()) {}
  SpliceBody(const SpliceBody&) = delete;
  SpliceBody& operator=(const SpliceBody&) = delete;
  ~SpliceBody() {
    if (handle_) unpark();
  }

  struct Result {
    IoEnd end;            // of writing
    std::uint64_t moved;  // bytes that `to` took
  };
  bool await_ready() { return !pipe_ || attempt(); }
  void await_suspend(std::coroutine_handle<> handle);
  Result await_resume() const { return {end_, moved_}; }

 private:
  enum class Wait : unsigned char { nothing, body, writable, turn };
  // Goes on until it must wait; true when it is over.
  bool attempt();
  bool drain();
  void park();
  void unpark();
  void wake() override;
  void expired() override;

  EventLoop& loop_;
  Body& body_;
  Transport& to_;
  Duration stall_;
  std::optional<Pipe> pipe_;
  std::coroutine_handle<> handle_;
  std::uint64_t moved_ = 0;
  std::size_t this_turn_ = 0;
  Wait wait_ = Wait::nothing;
  IoEnd end_ = IoEnd::done;
};

}  // namespace outrigger::net
