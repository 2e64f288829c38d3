#pragma once

#include <span>
#include <string_view>

#include "base/slab.h"
#include "net/io.h"

namespace outrigger::net {

// What many have to say on one connection: gathered when all events of a turn are done, so that it leaves in one write,
// mostly. Holds a buffer only while there is something to write.
//
//   note(), note() ... -> end of the turn: Owner::gather(), write, gather(), ... on_written()
//
// `stall` bounds the time between two bytes that the peer takes. After 64 writes others have their turn. Thread: its
// worker.
class GatheredOutput final : private Deferred, private Wakeable, private Deadline {
 public:
  class Owner {
   public:
    // Puts bytes into `room`, as many as there are and fit; how many. 0: there are none.
    virtual std::size_t gather(std::span<char> room) = 0;
    // All there was is out, and gather() gave no more. It may stop() the output.
    virtual void on_written() = 0;
    // The peer takes nothing more: it left (`failed`), or took no byte for `stall` (`timed_out`). The owner stops the
    // output.
    virtual void on_write_failed(IoEnd why) = 0;

   protected:
    ~Owner() = default;
  };

  GatheredOutput(EventLoop& loop, Transport& transport, Duration stall, Owner& owner)
      : loop_(loop), transport_(transport), stall_(stall), owner_(owner) {}

  // There may be something to gather. Called often.
  void note() {
    if (!is_stopped_ && !is_flushing_ && !is_blocked_ && !Deferred::is_linked()) loop_.at_turn_end(*this);
  }
  // Writes what there is now, not at the end of the turn.
  void flush();
  // Nothing more is gathered or written, nor the transport touched.
  void stop();

 private:
  bool write_all();
  bool write();
  void run_deferred() override { flush(); }
  void wake() override;
  void expired() override;

  EventLoop& loop_;
  Transport& transport_;
  Duration stall_;
  Owner& owner_;
  Slab buffer_;
  std::string_view unsent_;  // of buffer_
  bool is_flushing_ = false;
  bool is_blocked_ = false;    // waits until the peer takes more
  bool is_next_turn_ = false;  // the deadline is not the peer's: others have their turn
  bool is_stopped_ = false;
};

}  // namespace outrigger::net
