#pragma once

#include <memory>

#include "base/pooled.h"
#include "net/input_buffer.h"
#include "net/transport.h"

namespace outrigger::upstream {

class Endpoint;

// A connection to a service; while idle it watches for the service's close and its own deadline.
class Connection final : public Pooled<Connection>, public ListNode<Connection>, private Wakeable, private Deadline {
 public:
  Connection(EventLoop& loop, std::unique_ptr<net::Transport> transport)
      : loop_(loop), transport_(std::move(transport)) {}
  ~Connection() = default;

  net::Transport& transport() { return *transport_; }
  net::InputBuffer& input() { return input_; }
  // How many requests it carried before.
  std::uint32_t uses() const { return uses_; }
  void count_use() { ++uses_; }

  void become_idle(Duration limit);
  void leave_idle();

 private:
  // Any event while idle means the end: a close, or bytes nobody asked for, which must never answer the next request.
  void wake() override { delete this; }
  void expired() override { delete this; }

  EventLoop& loop_;
  std::unique_ptr<net::Transport> transport_;
  net::InputBuffer input_;
  std::uint32_t uses_ = 0;
};

}  // namespace outrigger::upstream
