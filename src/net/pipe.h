#pragma once

#include <cstddef>
#include <optional>
#include <utility>

namespace outrigger::net {

// A kernel pipe through which content goes from socket to socket without passing through memory of ours. Borrowed from
// a pool of this thread and given back empty; one that still holds bytes is closed.
//
// At most kMost are in use on a thread (16 MiB of kernel memory): outrigger_splice_pipes counts them, and
// outrigger_splice_refused_total how often there was none; outrigger_splice_bytes_total what went through. Thread: the
// worker that borrowed it.
class Pipe {
 public:
  // Measured: smaller ones cost more calls, larger ones leave the cache (docs/decisions).
  static constexpr std::size_t kSize = 256 * 1024;
  static constexpr std::size_t kMost = 64;

  // Nothing when kMost are in use or the kernel gives none: content then goes through memory.
  static std::optional<Pipe> borrow();
  Pipe(Pipe&& other) noexcept : ends_(std::exchange(other.ends_, {})), held_(std::exchange(other.held_, 0)) {}
  Pipe& operator=(Pipe&&) = delete;
  ~Pipe();

  int out() const { return ends_.out; }
  int in() const { return ends_.in; }
  // Bytes inside; kept by those who move them.
  std::size_t held() const { return held_; }
  void put(std::size_t bytes) { held_ += bytes; }
  void took(std::size_t bytes);

 private:
  struct Ends {
    int out = -1;
    int in = -1;
  };
  class Pool;
  static Pool& pool();
  explicit Pipe(Ends ends) : ends_(ends) {}
  Ends ends_;
  std::size_t held_ = 0;
};

}  // namespace outrigger::net
