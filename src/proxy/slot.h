#pragma once

#include <coroutine>
#include <memory>

#include "net/io.h"
#include "proxy/active_exchange.h"
#include "upstream/cluster.h"

namespace outrigger::proxy {

// A place among the requests in flight to an upstream; given back when destroyed.
class Slot {
 public:
  Slot() = default;
  explicit Slot(std::shared_ptr<upstream::Slots> slots) : slots_(std::move(slots)) {}
  Slot(Slot&&) = default;
  Slot& operator=(Slot&& other) noexcept {
    if (this != &other) {
      release();
      slots_ = std::move(other.slots_);
    }
    return *this;
  }
  ~Slot() { release(); }

 private:
  void release() {
    if (slots_) std::exchange(slots_, nullptr)->release();
  }
  std::shared_ptr<upstream::Slots> slots_;
};

// co_await SlotWait(...): queues for a slot; `none` when it came, else why not.
class [[nodiscard]] SlotWait final : private upstream::Slots::Waiter, private Deadline, private net::Interruptible {
 public:
  SlotWait(ActiveExchange& exchange, std::shared_ptr<upstream::Slots> slots)
      : Waiter(exchange.loop()), exchange_(exchange), slots_(std::move(slots)) {}
  ~SlotWait() {
    if (handle_) leave();
  }
  bool await_ready() {
    if (slots_->enqueue(*this)) return false;
    result_ = Failure::queue_full;
    return true;
  }
  void await_suspend(std::coroutine_handle<> handle) {
    handle_ = handle;
    exchange_.wait().current = this;
    exchange_.loop().set_deadline(*this, slots_->limits().queue_timeout);
  }
  Failure await_resume() const { return result_; }

 private:
  // On the releasing thread: the grant travels to this exchange's loop, where it may find nobody any more.
  void granted() override {
    loop.post([mailbox = mailbox_] {
      if (mailbox->owner != nullptr) mailbox->owner->resume(Failure::none);
    });
  }
  void expired() override { give_up(Failure::queue_timeout); }
  void interrupt() override { give_up(Failure::request_timeout); }
  void give_up(Failure why) {
    slots_->abandon(*this);
    resume(why);
  }
  void leave() {
    mailbox_->owner = nullptr;
    exchange_.wait().current = nullptr;
    slots_->abandon(*this);
  }
  void resume(Failure result) {
    mailbox_->owner = nullptr;
    Deadline::clear();
    exchange_.wait().current = nullptr;
    result_ = result;
    std::exchange(handle_, nullptr).resume();
  }

  struct Mailbox {
    SlotWait* owner;  // used on the exchange's loop only
  };
  ActiveExchange& exchange_;
  std::shared_ptr<upstream::Slots> slots_;
  std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>(this);
  std::coroutine_handle<> handle_;
  Failure result_ = Failure::none;
};

}  // namespace outrigger::proxy
