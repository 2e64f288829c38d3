#pragma once

#include <cstdint>

#include "http/h1/body_decoder.h"
#include "net/input_buffer.h"
#include "outrigger/body.h"

namespace outrigger::upstream {

// The content of an HTTP/1 message as it comes off a connection, both ways: requests from clients, responses from
// services. Zero-copy: chunks are views into the connection's input buffer.
class WireBody : public Body, protected Deadline {
 public:
  // What to call the ways in which it can fail.
  struct Failures {
    Failure truncated;
    Failure malformed;
    Failure stalled;
  };
  WireBody(EventLoop& loop, net::Transport& transport, net::InputBuffer& input, http::h1::BodyDecoder decoder,
           Duration idle, Failures failures)
      : loop_(loop), transport_(transport), input_(input), decoder_(decoder), idle_(idle), failures_(failures) {}

  State pull(std::string_view& bytes) override;
  std::uint64_t spliceable() const override;
  State splice(int into, std::size_t most, std::size_t& taken) override;
  void park(Wakeable* waiter) override;
  Failure failure() const override { return failure_; }
  const Headers* trailers() const override { return decoder_.trailers(); }
  bool is_starved() const override { return is_starved_ && !ended_; }

  // The whole message was consumed: the connection stands at the next one.
  bool is_complete() const { return ended_; }
  std::uint64_t received() const { return received_; }
  // More than this many bytes is `body_too_large`.
  void set_limit(std::uint64_t bytes) { limit_ = bytes; }
  // One of two directions that flow at the same time: the wait for more only ends when nothing came in the other one
  // either. `last_byte`, when something came in any of them, outlives both. Its bytes are spliced while they come
  // faster than memory takes them.
  void share_idle(Instant& last_byte) { last_byte_ = &last_byte; }
  // Ends it as failed, and the wait for more.
  void break_off(Failure failure);
  bool has_ended() const { return ended_ || failure_ != Failure::none; }
  // The end of the connection ended the body: the connection can't be used again.
  bool ended_by_close() const { return ended_by_close_; }

 protected:
  // Registers for readability; a connection with a reader of its own overrides it.
  virtual void wait_readable(Wakeable* waiter) { transport_.watch().wait_readable(waiter); }
  // Ends the wait for more as stalled.
  void expired() override;

 private:
  void unpark();
  State count(std::size_t bytes);
  State fail(Failure failure);
  State on_eof();
  State stopped(net::IoResult::State why);

  EventLoop& loop_;
  net::Transport& transport_;
  net::InputBuffer& input_;
  http::h1::BodyDecoder decoder_;
  Duration idle_;
  Failures failures_;
  Failure failure_ = Failure::none;
  Wakeable* waiter_ = nullptr;
  Instant* last_byte_ = nullptr;  // of both directions
  std::uint64_t received_ = 0;
  std::uint64_t limit_ = UINT64_MAX;
  bool is_starved_ = true;  // the last pull gave nothing
  bool ended_ = false;
  bool ended_by_close_ = false;
  bool is_busy_ = false;  // the last read filled its buffer
};

}  // namespace outrigger::upstream
