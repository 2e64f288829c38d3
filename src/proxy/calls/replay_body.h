#pragma once

#include <algorithm>
#include <cstdint>

#include "event/event_loop.h"
#include "outrigger/arena.h"
#include "outrigger/body.h"

namespace outrigger::proxy {

// The request body on its way to an upstream, kept for a second try while it fits into the replay window and there is
// memory. RFC 9110 section 9.2.2.
class ReplayBody final : public Body {
 public:
  static constexpr std::size_t kWindow = 64 * 1024;

  ReplayBody(EventLoop& loop, Arena& arena, Body& source) : loop_(loop), arena_(arena), source_(source) {}
  // From now on what is pulled is kept.
  void keep() { keeping_ = true; }
  // Instead of kWindow; never less.
  void set_window(std::size_t bytes) { window_ = std::max(window_, bytes); }
  // Nothing was pulled yet, or all that was is still here.
  bool can_restart() const { return pulled_ == 0 || keeps(); }
  void restart() { replaying_ = first_; }

  // Bytes that came from the client, and when the last of them did.
  std::uint64_t pulled() const { return pulled_; }
  Instant last_pull() const { return last_pull_; }

  State pull(std::string_view& bytes) override;
  std::uint64_t spliceable() const override;
  State splice(int into, std::size_t most, std::size_t& taken) override;
  void park(Wakeable* waiter) override { source_.park(waiter); }
  Failure failure() const override { return source_.failure(); }
  const Headers* trailers() const override { return source_.trailers(); }

 private:
  bool keeps() const { return keeping_ && !overflowed_; }
  void note(std::size_t bytes);
  struct Piece {
    std::string_view bytes;
    Piece* next;
  };
  void store(std::string_view bytes);

  EventLoop& loop_;
  Arena& arena_;
  Body& source_;
  Piece* first_ = nullptr;
  Piece* last_ = nullptr;
  Piece* replaying_ = nullptr;
  std::uint64_t pulled_ = 0;
  Instant last_pull_{};
  std::size_t kept_ = 0;
  std::size_t window_ = kWindow;
  bool keeping_ = false;
  bool overflowed_ = false;
};

}  // namespace outrigger::proxy
