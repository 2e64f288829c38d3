#include "net/io.h"

namespace outrigger::net {

std::span<iovec> skip(std::span<iovec> pieces, std::size_t bytes) {
  while (!pieces.empty() && bytes >= pieces.front().iov_len) {
    bytes -= pieces.front().iov_len;
    pieces = pieces.subspan(1);
  }
  if (bytes > 0) {
    pieces.front().iov_base = static_cast<char*>(pieces.front().iov_base) + bytes;
    pieces.front().iov_len -= bytes;
  }
  return pieces;
}

WriteAll::WriteAll(EventLoop& loop, Transport& transport, Duration stall,
                   std::initializer_list<std::string_view> pieces, bool* started)
    : loop_(loop), transport_(transport), stall_(stall), started_(started) {
  std::size_t count = 0;
  for (const auto text : pieces) {
    if (!text.empty()) storage_[count++] = piece(text);
  }
  left_ = {storage_, count};
}

WriteAll::~WriteAll() {
  if (handle_) transport_.watch().wait_writable(nullptr);
}

bool WriteAll::attempt() {
  while (!left_.empty()) {
    const IoResult result = transport_.write(left_);
    if (result.state == IoResult::State::would_block) return false;
    if (result.state != IoResult::State::ok) {
      end_ = IoEnd::failed;
      return true;
    }
    if (started_ != nullptr) *started_ = true;
    left_ = skip(left_, result.bytes);
  }
  return true;
}

void WriteAll::await_suspend(std::coroutine_handle<> handle) {
  handle_ = handle;
  transport_.watch().wait_writable(this);
  loop_.set_deadline(*this, stall_);
}

void WriteAll::wake() {
  const std::size_t before = left_.size() + (left_.empty() ? 0 : left_.front().iov_len);
  if (attempt()) return finish(end_);
  transport_.watch().wait_writable(this);
  if (before != left_.size() + left_.front().iov_len) loop_.set_deadline(*this, stall_);
}

void WriteAll::expired() { finish(IoEnd::timed_out); }

void WriteAll::finish(IoEnd end) {
  end_ = end;
  clear();
  transport_.watch().wait_writable(nullptr);
  std::exchange(handle_, nullptr).resume();
}

}  // namespace outrigger::net
