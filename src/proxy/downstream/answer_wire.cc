#include "proxy/downstream/answer_wire.h"

#include <utility>

namespace outrigger::proxy {

using net::IoEnd;

bool Sent::attempt() {
  const AnswerWire::Sending sending = wire_.send();
  if (sending == AnswerWire::Sending::failed) end_ = IoEnd::failed;
  return sending != AnswerWire::Sending::pending;
}

void Sent::await_suspend(std::coroutine_handle<> handle) {
  handle_ = handle;
  wire_.park(this);
  wait();
}

void Sent::wait() {
  seen_ = wire_.progress();
  loop_.set_deadline(*this, stall_);
}

void Sent::wake() {
  if (attempt()) return finish(end_);
  wire_.park(this);
  if (wire_.progress() != seen_) wait();
}

void Sent::expired() {
  if (wire_.progress() != seen_) return wait();
  finish(IoEnd::timed_out);
}

void Sent::finish(IoEnd end) {
  end_ = end;
  clear();
  wire_.park(nullptr);
  std::exchange(handle_, nullptr).resume();
}

}  // namespace outrigger::proxy
