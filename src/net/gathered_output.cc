#include "net/gathered_output.h"

namespace outrigger::net {

namespace {

constexpr int kWritesPerTurn = 64;  // of a slab each

}  // namespace

void GatheredOutput::flush() {
  if (is_stopped_ || is_flushing_) return;
  Deferred::unlink();
  is_flushing_ = true;
  const bool is_written = write_all();
  is_flushing_ = false;
  if (unsent_.empty()) buffer_.release();
  if (is_written && !is_stopped_) owner_.on_written();
}

// True when all is out.
bool GatheredOutput::write_all() {
  for (int writes = 0; !is_stopped_; ++writes) {
    if (writes == kWritesPerTurn) {
      is_next_turn_ = true;
      loop_.set_deadline(*this, Duration::zero());
      return false;
    }
    if (unsent_.empty()) {
      buffer_.acquire();
      unsent_ = {buffer_.data(), owner_.gather({buffer_.data(), Slab::kSize})};
      if (unsent_.empty()) return true;
    }
    if (!is_stopped_ && !write()) return false;
  }
  return false;
}

// False: the rest waits, or has nobody to go to.
bool GatheredOutput::write() {
  const iovec bytes = piece(unsent_);
  const IoResult result = transport_.write({&bytes, 1});
  if (result.state == IoResult::State::would_block) {
    is_blocked_ = true;
    transport_.watch().wait_writable(this);
    if (!Deadline::is_linked()) loop_.set_deadline(*this, stall_);
    return false;
  }
  if (result.state != IoResult::State::ok) {
    owner_.on_write_failed(IoEnd::failed);
    return false;
  }
  is_blocked_ = is_next_turn_ = false;
  Deadline::clear();
  unsent_.remove_prefix(result.bytes);
  return true;
}

void GatheredOutput::wake() {
  is_blocked_ = false;
  flush();
}

void GatheredOutput::expired() {
  if (std::exchange(is_next_turn_, false)) return flush();
  owner_.on_write_failed(IoEnd::timed_out);
}

void GatheredOutput::stop() {
  is_stopped_ = true;
  is_next_turn_ = false;
  if (is_blocked_) transport_.watch().wait_writable(nullptr);
  Deferred::unlink();
  Deadline::clear();
  unsent_ = {};
  if (!is_flushing_) buffer_.release();
}

}  // namespace outrigger::net
