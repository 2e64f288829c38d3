#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <new>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include "outrigger/arena.h"

namespace outrigger {

template <typename T>
class Task;

namespace detail {

template <typename T>
concept HasArena = requires(T& t) {
  { t.arena() } -> std::same_as<Arena&>;
};

inline Arena* find_arena() { return nullptr; }
template <typename First, typename... Rest>
Arena* find_arena(First& first, Rest&... rest) {
  if constexpr (HasArena<First>) {
    return &first.arena();
  } else {
    return find_arena(rest...);
  }
}

// What every coroutine of an exchange keeps: who waits for it, and where it waits itself. The chain of `child` pointers
// is the asynchronous call stack that the admin API prints.
class PromiseBase {
 public:
  std::suspend_always initial_suspend() noexcept { return {}; }

  struct Final {
    bool await_ready() noexcept { return false; }
    template <typename Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) noexcept {
      return self.promise().continuation_;
    }
    void await_resume() noexcept {}
  };
  Final final_suspend() noexcept { return {}; }

  void unhandled_exception() noexcept { exception_ = std::current_exception(); }

  // Frames come from the arena of the first parameter that has one; a coroutine without such a parameter does not
  // compile (a silent malloc per layer).
  template <typename... Args>
  static void* operator new(std::size_t size, Args&... args) {
    static_assert((HasArena<Args> || ...), "a coroutine needs a parameter with arena(): Exchange&, Stream&, ...");
    Arena* arena = find_arena(args...);
    auto* header = static_cast<FrameHeader*>(arena->allocate(size + sizeof(FrameHeader)));
    header->arena = arena;
    return header + 1;
  }
  static void operator delete(void* frame, std::size_t size) noexcept {
    auto* header = static_cast<FrameHeader*>(frame) - 1;
    header->arena->release(header, size + sizeof(FrameHeader));
  }

  void set_continuation(std::coroutine_handle<> handle) noexcept { continuation_ = handle; }

  // Tasks may be awaited only as temporaries: once, where they are made.
  template <typename A>
  decltype(auto) await_transform(A&& awaitable, std::source_location where = std::source_location::current()) {
    static_assert(
        !std::is_lvalue_reference_v<A> || !requires { typename std::remove_cvref_t<A>::outrigger_task; },
        "await a Task as a temporary: co_await f(...)");
    where_ = where;
    return std::forward<A>(awaitable);
  }
  const std::source_location& where() const { return where_; }

 protected:
  struct alignas(alignof(std::max_align_t)) FrameHeader {
    Arena* arena;
  };
  std::coroutine_handle<> continuation_ = std::noop_coroutine();
  std::exception_ptr exception_;
  std::source_location where_;
};

}  // namespace detail

// A lazy coroutine, owned by its awaiter. It starts when awaited, resumes its awaiter when it ends, and is cancelled by
// being destroyed. Move-only, awaited once, as a temporary, in the expression that made it.
// Frames come from the exchange's arena. Cost of one layer: about 150 instructions.
template <typename T>
class [[nodiscard, clang::coro_return_type, clang::coro_lifetimebound]] Task {
 public:
  using outrigger_task = void;

  class promise_type : public detail::PromiseBase {
   public:
    Task get_return_object() noexcept { return Task{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    template <typename U>
    void return_value(U&& value) {
      value_.emplace(std::forward<U>(value));
    }
    T take() {
      if (exception_) std::rethrow_exception(exception_);
      return std::move(*value_);
    }

   private:
    std::optional<T> value_;
  };

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      destroy();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~Task() { destroy(); }

  struct Awaiter {
    std::coroutine_handle<promise_type> handle;
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> parent) noexcept {
      handle.promise().set_continuation(parent);
      return handle;
    }
    T await_resume() { return handle.promise().take(); }
  };
  Awaiter operator co_await() && noexcept { return Awaiter{handle_}; }

 private:
  explicit Task(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
  void destroy() noexcept {
    if (handle_) std::exchange(handle_, nullptr).destroy();
  }
  std::coroutine_handle<promise_type> handle_;
};

template <>
class [[nodiscard, clang::coro_return_type, clang::coro_lifetimebound]] Task<void> {
 public:
  using outrigger_task = void;

  class promise_type : public detail::PromiseBase {
   public:
    Task get_return_object() noexcept { return Task{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    void return_void() noexcept {}
    void take() {
      if (exception_) std::rethrow_exception(exception_);
    }
  };

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      destroy();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~Task() { destroy(); }

  struct Awaiter {
    std::coroutine_handle<promise_type> handle;
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> parent) noexcept {
      handle.promise().set_continuation(parent);
      return handle;
    }
    void await_resume() { handle.promise().take(); }
  };
  Awaiter operator co_await() && noexcept { return Awaiter{handle_}; }

 private:
  explicit Task(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
  void destroy() noexcept {
    if (handle_) std::exchange(handle_, nullptr).destroy();
  }
  std::coroutine_handle<promise_type> handle_;
};

// The outermost coroutine of an exchange or pump: owned by a plain object, started once, asks its owner to be retired
// when it ends (the owner destroys it after the current event, never from inside).
class RootTask {
 public:
  class Owner {
   public:
    // The coroutine ended; `failure` is the exception that ended it, a bug, or null. Called as its last act: destroy it
    // later.
    virtual void on_root_done(std::exception_ptr failure) noexcept = 0;

   protected:
    ~Owner() = default;
  };

  class promise_type : public detail::PromiseBase {
   public:
    RootTask get_return_object() noexcept { return RootTask{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    void return_void() noexcept {}
    struct Ended {
      bool await_ready() noexcept { return false; }
      void await_suspend(std::coroutine_handle<promise_type> self) noexcept {
        auto& promise = self.promise();
        promise.owner_->on_root_done(std::move(promise.exception_));
      }
      void await_resume() noexcept {}
    };
    Ended final_suspend() noexcept { return {}; }
    Owner* owner_ = nullptr;
  };

  RootTask() = default;
  RootTask(RootTask&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  RootTask& operator=(RootTask&& other) noexcept {
    if (this != &other) {
      reset();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~RootTask() { reset(); }

  void start(Owner& owner) {
    handle_.promise().owner_ = &owner;
    handle_.resume();
  }
  // Cancels: destroys every frame inside out. Not from code that runs inside.
  void reset() noexcept {
    if (handle_) std::exchange(handle_, nullptr).destroy();
  }
  explicit operator bool() const { return static_cast<bool>(handle_); }

 private:
  explicit RootTask(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

}  // namespace outrigger
