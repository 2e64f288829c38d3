#pragma once

#include <algorithm>
#include <coroutine>
#include <cstdint>
#include <utility>

#include "event/event_loop.h"

// A connection that always finds more to do must not keep the others waiting: it stops after a share of work and goes
// on in the loop's next turn.
namespace outrigger::proxy {

// The content that a connection may move within a turn: bytes, and for each piece, however small, what passing it on
// costs beside them.
inline constexpr std::uint32_t kBytesPerTurn = 1024 * 1024;
inline constexpr std::uint32_t kCostOfPiece = 16 * 1024;

// Counts the work of one connection within a turn of its loop.
class Turn {
 public:
  explicit Turn(std::uint32_t share) : share_(share) {}
  // Adds `work`; true when the share of this turn is used up.
  bool use(const EventLoop& loop, std::size_t work) {
    if (loop.now() != turn_) {
      turn_ = loop.now();
      used_ = 0;
    }
    used_ = static_cast<std::uint32_t>(std::min<std::size_t>(used_ + work, UINT32_MAX));
    return used_ >= share_;
  }

 private:
  std::uint32_t share_;
  std::uint32_t used_ = 0;
  Instant turn_{};
};

// co_await NextTurn(loop): goes on in the next turn.
class [[nodiscard]] NextTurn final : private Deadline {
 public:
  explicit NextTurn(EventLoop& loop) : loop_(loop) {}
  NextTurn(const NextTurn&) = delete;
  NextTurn& operator=(const NextTurn&) = delete;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    handle_ = handle;
    loop_.set_deadline(*this, Duration::zero());
  }
  void await_resume() const {}

 private:
  void expired() override { std::exchange(handle_, nullptr).resume(); }
  EventLoop& loop_;
  std::coroutine_handle<> handle_;
};

}  // namespace outrigger::proxy
