#include "net/splice.h"

#include <algorithm>

namespace outrigger::net {

bool SpliceBody::attempt() {
  wait_ = Wait::nothing;
  for (;;) {
    if (pipe_->held() > 0 && !drain()) return wait_ == Wait::nothing;
    const std::size_t most = static_cast<std::size_t>(std::min<std::uint64_t>(body_.spliceable(), Pipe::kSize));
    if (most == 0) return true;
    if (this_turn_ >= kPerTurn) {
      wait_ = Wait::turn;
      return false;
    }
    std::size_t taken = 0;
    const Body::State state = body_.splice(pipe_->in(), most, taken);
    pipe_->put(taken);
    if (state == Body::State::pending) wait_ = Wait::body;
    if (state != Body::State::data) return wait_ == Wait::nothing;
    this_turn_ += taken;
  }
}

// Empties the pipe; false when that has to wait or failed.
bool SpliceBody::drain() {
  while (pipe_->held() > 0) {
    const IoResult result = to_.write_from_pipe(pipe_->out(), pipe_->held());
    if (result.state == IoResult::State::would_block) {
      wait_ = Wait::writable;
      return false;
    }
    if (result.state != IoResult::State::ok) {
      end_ = IoEnd::failed;
      return false;
    }
    pipe_->took(result.bytes);
    moved_ += result.bytes;
  }
  return true;
}

void SpliceBody::await_suspend(std::coroutine_handle<> handle) {
  handle_ = handle;
  park();
}

void SpliceBody::park() {
  switch (wait_) {
    case Wait::body:
      body_.park(this);
      return loop_.set_deadline(*this, kRest);
    case Wait::writable:
      to_.watch().wait_writable(this);
      return loop_.set_deadline(*this, stall_);
    case Wait::turn:
      return loop_.set_deadline(*this, Duration::zero());
    case Wait::nothing:
      break;
  }
}

void SpliceBody::unpark() {
  if (wait_ == Wait::body) body_.park(nullptr);
  if (wait_ == Wait::writable) to_.watch().wait_writable(nullptr);
  clear();
}

void SpliceBody::wake() {
  unpark();
  this_turn_ = 0;
  if (!attempt()) return park();
  std::exchange(handle_, nullptr).resume();
}

void SpliceBody::expired() {
  if (wait_ == Wait::turn) return wake();
  if (wait_ == Wait::writable) end_ = IoEnd::timed_out;
  unpark();
  std::exchange(handle_, nullptr).resume();
}

}  // namespace outrigger::net
