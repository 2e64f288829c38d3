#include "upstream/connection.h"

#include "upstream/endpoint.h"

namespace outrigger::upstream {

bool Connection::is_quiet() {
  char byte = 0;
  transport_->watch().ask_again();
  return transport_->read({&byte, 1}).state == net::IoResult::State::would_block;
}

void Connection::become_idle(Endpoint& home, Duration limit) {
  home_ = &home;
  input_.release();
  transport_->watch().wait_readable(this);
  loop_.set_deadline(*this, limit);
}

void Connection::leave_idle() {
  home_ = nullptr;
  ListNode<Connection>::unlink();
  Deadline::clear();
  transport_->watch().wait_readable(nullptr);
}

void Connection::wake() {
  if (!is_quiet()) return end();
  transport_->watch().wait_readable(this);
}

void Connection::end() {
  home_->forget();
  delete this;
}

}  // namespace outrigger::upstream
