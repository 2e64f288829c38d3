#pragma once

#include <cstring>
#include <string_view>

#include "base/slab.h"
#include "net/transport.h"

namespace outrigger::net {

// What a connection received and nobody consumed yet. The head of a message stays where it was read, because header
// fields are views into it; the body goes on in a second slab, so body bytes never overwrite the head.
// At most two slabs (64 KiB); none while idle.
class InputBuffer {
 public:
  // Bytes received and not consumed.
  std::string_view unread() const { return {begin_, static_cast<std::size_t>(end_ - begin_)}; }
  void consume(std::size_t size) { begin_ += size; }
  bool is_full() const { return head_ && end_ == limit_; }

  // Appends to the head slab, next to what is unread there.
  IoResult fill_head(Transport& transport) {
    if (!head_) {
      head_.acquire();
      begin_ = end_ = head_.data();
      limit_ = begin_ + Slab::kSize;
    }
    return fill(transport);
  }

  // Reads more of a body; only when nothing is unread.
  IoResult fill_body(Transport& transport) {
    body_.acquire();
    begin_ = end_ = body_.data();
    limit_ = begin_ + Slab::kSize;
    return fill(transport);
  }

  // The message is over and no view into it is left: keeps what is unread (pipelined bytes), frees the rest.
  void recycle() {
    const std::size_t rest = static_cast<std::size_t>(end_ - begin_);
    if (rest == 0) {
      release();
      return;
    }
    if (body_ && limit_ == body_.data() + Slab::kSize) head_.swap(body_);
    body_.release();
    std::memmove(head_.data(), begin_, rest);
    begin_ = head_.data();
    end_ = begin_ + rest;
    limit_ = begin_ + Slab::kSize;
  }

  void release() {
    head_.release();
    body_.release();
    begin_ = end_ = limit_ = nullptr;
  }

 private:
  IoResult fill(Transport& transport) {
    const IoResult result = transport.read({end_, static_cast<std::size_t>(limit_ - end_)});
    if (result.state == IoResult::State::ok) end_ += result.bytes;
    return result;
  }

  Slab head_;
  Slab body_;
  char* begin_ = nullptr;
  char* end_ = nullptr;
  char* limit_ = nullptr;
};

}  // namespace outrigger::net
