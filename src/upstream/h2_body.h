#pragma once

#include <cstddef>
#include <limits>
#include <string>

#include "base/memory_budget.h"
#include "event/event_loop.h"
#include "http/h2/session.h"
#include "outrigger/body.h"

namespace outrigger::upstream {

// The content of a message that comes over a stream of HTTP/2. What came and was not pulled waits here: at most the
// stream's window, which opens again as the content is pulled.
class H2Body final : public Body, private Deadline {
 public:
  // What to call the ways in which it can fail.
  struct Failures {
    Failure truncated;
    Failure stalled;
  };
  H2Body(EventLoop& loop, http::h2::Session& session, http::h2::Stream& stream, const Headers& trailers, Duration idle,
         Failures failures)
      : loop_(loop), session_(session), stream_(stream), trailers_(trailers), idle_(idle), failures_(failures) {}

  ~H2Body() { MemoryBudget::give(held_); }

  // For the stream: what it heard. Each may run whoever waits for it.
  void push(std::string_view bytes);
  void end();
  void fail(Failure failure);
  void truncate() { fail(failures_.truncated); }

  State pull(std::string_view& bytes) override;
  void park(Wakeable* waiter) override;
  Failure failure() const override { return failure_; }
  bool is_starved() const override { return waiting_.empty() && pulled_.empty() && !ended_; }
  const Headers* trailers() const override { return trailers_.empty() ? nullptr : &trailers_; }

  // As WireBody::share_idle().
  void share_idle(Instant& last_byte) { last_byte_ = &last_byte; }
  // It became one direction of a tunnel: how long it may rest, and what that is called.
  void set_idle(Duration idle, Failure stalled) {
    idle_ = idle;
    failures_.stalled = stalled;
  }
  // More than this many bytes is `body_too_large`.
  void set_limit(std::uint64_t bytes) { limit_ = bytes; }
  std::uint64_t received() const { return received_; }
  bool is_awaited() const { return waiter_ != nullptr; }
  // Ends the wait for more as stalled.
  void expired() override;

 private:
  void wake();

  EventLoop& loop_;
  http::h2::Session& session_;
  http::h2::Stream& stream_;
  const Headers& trailers_;
  Duration idle_;
  Failures failures_;
  Failure failure_ = Failure::none;
  Wakeable* waiter_ = nullptr;
  Instant* last_byte_ = nullptr;  // of both directions
  std::uint64_t received_ = 0;
  std::uint64_t limit_ = std::numeric_limits<std::uint64_t>::max();
  std::string waiting_;   // came, and is to be pulled
  std::string pulled_;    // what the reader looks at
  std::size_t held_ = 0;  // of the MemoryBudget
  bool ended_ = false;
};

}  // namespace outrigger::upstream
