#include "net/pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdint>

#include "outrigger/stats.h"

namespace outrigger::net {

// The idle pipes of a thread, last in, first out, and how many are lent. While none is lent, none is kept: a worker at
// rest has no descriptor more than when it began.
class Pipe::Pool {
 public:
  ~Pool() { close_idle(); }

  std::optional<Ends> take() {
    Ends ends;
    if (lent_ == kMost || (idle_ == 0 && !open(ends))) {
      refused_.add();
      return std::nullopt;
    }
    if (idle_ > 0) ends = pipes_[--idle_];
    ++lent_;
    in_use_.add(1);
    return ends;
  }
  void give_back(Ends ends, bool is_empty) {
    --lent_;
    in_use_.add(-1);
    if (is_empty && idle_ < pipes_.size()) {
      pipes_[idle_++] = ends;
    } else {
      close(ends);
    }
    if (lent_ == 0) close_idle();
  }
  void count(std::size_t bytes) const { bytes_.add(static_cast<std::int64_t>(bytes)); }

 private:
  static bool open(Ends& ends) {
    int fds[2];
    if (::pipe2(fds, O_NONBLOCK | O_CLOEXEC) != 0) return false;
    ends = {fds[0], fds[1]};
    // The kernel may refuse (pipe-user-pages-soft): then a smaller one has to do.
    ::fcntl(ends.in, F_SETPIPE_SZ, static_cast<int>(kSize));
    return true;
  }
  void close_idle() {
    while (idle_ > 0) close(pipes_[--idle_]);
  }
  static void close(Ends ends) {
    ::close(ends.in);
    ::close(ends.out);
  }

  std::array<Ends, 16> pipes_;
  std::size_t idle_ = 0;
  std::size_t lent_ = 0;
  stats::Gauge in_use_ = stats::gauge("outrigger_splice_pipes", "Pipes in use for content that bypasses memory.");
  stats::Counter bytes_ = stats::counter("outrigger_splice_bytes_total", "Bytes of content that bypassed memory.");
  stats::Counter refused_ = stats::counter("outrigger_splice_refused_total",
                                           "Large bodies that went through memory because there was no pipe.");
};

Pipe::Pool& Pipe::pool() {
  thread_local Pool instance;
  return instance;
}

std::optional<Pipe> Pipe::borrow() {
  const auto ends = pool().take();
  if (!ends) return std::nullopt;
  return Pipe(*ends);
}

void Pipe::took(std::size_t bytes) {
  held_ -= bytes;
  pool().count(bytes);
}

Pipe::~Pipe() {
  if (ends_.in >= 0) pool().give_back(ends_, held_ == 0);
}

}  // namespace outrigger::net
