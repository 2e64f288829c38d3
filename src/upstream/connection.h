#pragma once

#include <memory>

#include "base/pooled.h"
#include "net/input_buffer.h"
#include "net/transport.h"
#include "outrigger/stats.h"

namespace outrigger::upstream {

class Endpoint;

// A connection to a service; while idle it watches for the service's close and its own deadline.
class Connection final : public Pooled<Connection>, public ListNode<Connection>, private Wakeable, private Deadline {
 public:
  // `open` counts it while it lives.
  Connection(EventLoop& loop, std::unique_ptr<net::Transport> transport, stats::Gauge open)
      : loop_(loop), transport_(std::move(transport)), open_(open) {
    open_.add(1);
  }
  ~Connection() { open_.add(-1); }

  net::Transport& transport() { return *transport_; }
  net::InputBuffer& input() { return input_; }
  // How many requests it carried before.
  std::uint32_t uses() const { return uses_; }
  void count_use() { ++uses_; }

  // Between two requests: has the service neither closed nor sent what nobody asked for? Such bytes must never answer
  // the next request. One recv; TLS records that carry no data (session tickets) are taken in.
  bool is_quiet();
  // Belongs to `home` from now on and ends by itself, by an event or after `limit`.
  void become_idle(Endpoint& home, Duration limit);
  void leave_idle();

 private:
  void wake() override;
  void expired() override { end(); }
  void end();

  EventLoop& loop_;
  std::unique_ptr<net::Transport> transport_;
  net::InputBuffer input_;
  Endpoint* home_ = nullptr;  // while idle
  stats::Gauge open_;
  std::uint32_t uses_ = 0;
};

}  // namespace outrigger::upstream
