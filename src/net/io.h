#pragma once

#include <coroutine>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "net/transport.h"

namespace outrigger::net {

// A wait that can be ended early from outside: by the deadline of the whole request.
class Interruptible {
 public:
  virtual void interrupt() = 0;

 protected:
  ~Interruptible() = default;
};

// The innermost wait of an exchange, if it can be interrupted.
struct WaitSlot {
  Interruptible* current = nullptr;
};

enum class IoEnd : unsigned char { done, failed, timed_out, interrupted };

// Skips `bytes` at the front of the pieces; the pieces that are left.
std::span<iovec> skip(std::span<iovec> pieces, std::size_t bytes);

inline iovec piece(std::string_view text) { return {const_cast<char*>(text.data()), text.size()}; }

// co_await WriteAll(...): writes every byte of up to 4 pieces. `stall` bounds the time between two bytes.
// The bytes must live until it ends. No frame, no allocation: fit for every chunk of a body.
class [[nodiscard]] WriteAll final : private Wakeable, private Deadline {
 public:
  // `started`, if given, becomes true with the first byte that the kernel took.
  WriteAll(EventLoop& loop, Transport& transport, Duration stall, std::initializer_list<std::string_view> pieces,
           bool* started = nullptr);
  WriteAll(const WriteAll&) = delete;
  WriteAll& operator=(const WriteAll&) = delete;
  ~WriteAll();

  bool await_ready() { return attempt(); }
  void await_suspend(std::coroutine_handle<> handle);
  IoEnd await_resume() const { return end_; }

 private:
  bool attempt();
  void wake() override;
  void expired() override;
  void finish(IoEnd end);

  EventLoop& loop_;
  Transport& transport_;
  Duration stall_;
  bool* started_;
  iovec storage_[4];
  std::span<iovec> left_;
  std::coroutine_handle<> handle_;
  IoEnd end_ = IoEnd::done;
};

// co_await Readable(transport): until a read may give something. Without a limit of its own: its owner has one.
class [[nodiscard]] Readable final : private Wakeable {
 public:
  explicit Readable(Transport& transport) : transport_(transport) {}
  Readable(const Readable&) = delete;
  Readable& operator=(const Readable&) = delete;
  ~Readable() {
    if (handle_) transport_.watch().wait_readable(nullptr);
  }
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    handle_ = handle;
    transport_.watch().wait_readable(this);
  }
  void await_resume() const {}

 private:
  void wake() override { std::exchange(handle_, nullptr).resume(); }
  Transport& transport_;
  std::coroutine_handle<> handle_;
};

}  // namespace outrigger::net
