#pragma once

#include <coroutine>
#include <cstdint>
#include <string_view>

#include "event/event_loop.h"
#include "net/io.h"
#include "outrigger/exchange.h"

namespace outrigger::proxy {

class ActiveExchange;

// The client's side of an exchange, as what answers it writes there: an HTTP/1 connection or a stream of HTTP/2. First
// something is prepared (set_interim, or set_head and put, later put alone), then sent: co_await Sent(...).
class AnswerWire {
 public:
  enum class Sending : unsigned char { done, pending, failed };

  // An interim head, 1xx.
  virtual void set_interim(ActiveExchange& exchange, const ResponseHead& head) = 0;
  // The final head; the first put() goes with it. `may_keep`: our side can go on after this exchange.
  virtual void set_head(ActiveExchange& exchange, const Response& response, bool may_keep) = 0;
  // Content, which lives until it is sent. `ends`: nothing follows but `trailers` (may be null).
  virtual void put(std::string_view bytes, bool ends, const Headers* trailers) = 0;
  // The same for content that may go away at once; it ends the answer.
  virtual void put_last(std::string_view bytes) = 0;

  // One attempt at what is prepared. After `failed` the client is gone.
  virtual Sending send() = 0;
  // Wakes `waiter` once when send() may answer otherwise; null unparks.
  virtual void park(Wakeable* waiter) = 0;
  // Grows with every byte that left.
  virtual std::uint64_t progress() const = 0;
  // Says that the content has ended while the client may go on sending; false: this wire can't.
  virtual bool end_sending() { return false; }
  // The client's connection; null: there is none.
  virtual const net::Transport* transport() const { return nullptr; }
  // A part of the final head is out: no other answer can be given.
  virtual bool is_head_sent() const = 0;
  // Where content may go from the kernel (net::SpliceBody) once all that was prepared is out; null: put() it.
  virtual net::Transport* splices_to() { return nullptr; }

 protected:
  ~AnswerWire() = default;
};

// co_await Sent(wire, loop, stall): what was prepared has left. `stall` bounds the time between two bytes. A plain
// awaiter: fit for every piece of a body.
class [[nodiscard]] Sent final : private Wakeable, private Deadline {
 public:
  Sent(AnswerWire& wire, EventLoop& loop, Duration stall) : wire_(wire), loop_(loop), stall_(stall) {}
  Sent(const Sent&) = delete;
  Sent& operator=(const Sent&) = delete;
  ~Sent() {
    if (handle_) wire_.park(nullptr);
  }

  bool await_ready() { return attempt(); }
  void await_suspend(std::coroutine_handle<> handle);
  net::IoEnd await_resume() const { return end_; }

 private:
  bool attempt();
  void wait();
  void wake() override;
  void expired() override;
  void finish(net::IoEnd end);

  AnswerWire& wire_;
  EventLoop& loop_;
  Duration stall_;
  std::uint64_t seen_ = 0;  // progress when the deadline was set
  std::coroutine_handle<> handle_;
  net::IoEnd end_ = net::IoEnd::done;
};

}  // namespace outrigger::proxy
