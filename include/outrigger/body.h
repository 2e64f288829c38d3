#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "outrigger/failure.h"
#include "outrigger/headers.h"

namespace outrigger {

// Something that waits for an event. `wake` is called from an event callback; it does the work itself and resumes its
// coroutine only with a finished result. After `wake` returns the object may be gone.
class Wakeable {
 public:
  virtual void wake() = 0;

 protected:
  ~Wakeable() = default;
};

class Body;

// Hears how a body ended. Lives as long as the exchange.
class BodyWatcher {
 public:
  // Once, when the body goes away: failure() says why it broke off; `none`: its reader had all of it, or wanted no
  // more.
  virtual void on_body_end(const Body& body) noexcept = 0;

 protected:
  ~BodyWatcher() = default;

 private:
  friend class Body;
  BodyWatcher* next_ = nullptr;
};

// The content of a message, pulled by its reader. Nobody reads faster than the other side writes: what is not pulled is
// not received. Thread: the exchange's worker.
class Body {
 public:
  enum class State : unsigned char { data, pending, end, failed };

  Body() = default;
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;
  // Ends whatever feeds it: an upstream connection that was not read to its end is closed.
  virtual ~Body() = default;

  // The next bytes: `data` sets `bytes` (never empty), valid until the next pull. `pending`: park a waiter.
  // After `end` or `failed` the answer stays the same.
  virtual State pull(std::string_view& bytes) = 0;
  // How many of the bytes that come next can go from the kernel into a pipe without being looked at, by splice(). 0:
  // pull them. A body that sees or changes bytes leaves it at that.
  virtual std::uint64_t spliceable() const { return 0; }
  // Like pull(), but the next bytes, at most `most` and what spliceable() said, go into the pipe `into`, which is
  // empty; `taken` says how many. `pending`: park a waiter.
  virtual State splice(int into, std::size_t most, std::size_t& taken);
  // Wakes `waiter` once when pull() may answer otherwise, or when body_idle passed; null unparks.
  virtual void park(Wakeable* waiter) = 0;
  // Why pull() failed. After the end of a complete body `none`, or why what it says is not to be trusted all the same:
  // bytes followed it that belong to no answer, so service and proxy do not agree where it ends. Such a body is relayed
  // but not stored.
  virtual Failure failure() const { return Failure::none; }
  // Valid after `end`; null if there were none.
  virtual const Headers* trailers() const { return nullptr; }

  // Its reader has taken all that came, and more is to come. Who drops such a body was kept waiting; else it was the
  // reader that held it up, or all of it is there.
  virtual bool is_starved() const { return false; }
  // All of it has arrived, so it can't break off. It may have so too where this says no.
  virtual bool is_here() const { return false; }
  void watch(BodyWatcher& watcher) {
    watcher.next_ = watchers_;
    watchers_ = &watcher;
  }
  bool is_watched() const { return watchers_ != nullptr; }
  // For who destroys a body that is watched, right before.
  [[gnu::noinline]] void tell_watchers() {
    for (BodyWatcher* watcher = watchers_; watcher != nullptr; watcher = watcher->next_) watcher->on_body_end(*this);
  }

  struct Chunk {
    State state;
    std::string_view bytes;
  };
  class Read;
  // co_await body.read(): the next chunk, the end, or a failure. A plain awaiter: no frame per chunk.
  Read read();

 private:
  BodyWatcher* watchers_ = nullptr;
};

class [[nodiscard]] Body::Read final : private Wakeable {
 public:
  explicit Read(Body& body) : body_(body) {}
  Read(const Read&) = delete;
  Read& operator=(const Read&) = delete;
  ~Read() {
    if (handle_) body_.park(nullptr);
  }
  bool await_ready() { return poll(); }
  void await_suspend(std::coroutine_handle<> handle) {
    handle_ = handle;
    body_.park(this);
  }
  Chunk await_resume() { return chunk_; }

 private:
  bool poll() {
    chunk_.state = body_.pull(chunk_.bytes);
    return chunk_.state != State::pending;
  }
  void wake() override {
    if (!poll()) return body_.park(this);
    std::exchange(handle_, nullptr).resume();
  }
  Body& body_;
  std::coroutine_handle<> handle_;
  Chunk chunk_{State::pending, {}};
};

inline Body::State Body::splice(int, std::size_t, std::size_t& taken) {
  taken = 0;
  return State::end;
}

inline Body::Read Body::read() { return Read(*this); }

}  // namespace outrigger
