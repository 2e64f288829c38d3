#pragma once

#include <coroutine>
#include <memory>

#include "net/io.h"
#include "proxy/active_exchange.h"
#include "upstream/cluster.h"

namespace outrigger::proxy {

// A place among the requests in flight to an upstream; given back when destroyed. The cluster outlives it.
class Slot {
 public:
  Slot() = default;
  // Owns a slot that was acquired.
  explicit Slot(upstream::Cluster& cluster) : cluster_(&cluster) { cluster.stats().in_flight.add(1); }
  Slot(Slot&& other) noexcept : cluster_(std::exchange(other.cluster_, nullptr)) {}
  Slot& operator=(Slot&& other) noexcept {
    if (this != &other) {
      release();
      cluster_ = std::exchange(other.cluster_, nullptr);
    }
    return *this;
  }
  ~Slot() { release(); }

 private:
  void release() {
    if (cluster_ == nullptr) return;
    cluster_->stats().in_flight.add(-1);
    std::exchange(cluster_, nullptr)->slots()->release();
  }
  upstream::Cluster* cluster_ = nullptr;
};

// co_await SlotWait(...): queues for a slot; `none` when it came, else why not.
class [[nodiscard]] SlotWait final : private upstream::Slots::Waiter, private Deadline, private net::Interruptible {
 public:
  SlotWait(ActiveExchange& exchange, upstream::Cluster& cluster)
      : exchange_(exchange),
        loop_(exchange.loop()),
        slots_(cluster.slots()),
        stats_(cluster.stats()),
        timeout_(cluster.settings().limits.queue_timeout) {}
  ~SlotWait() {
    if (handle_) leave();
  }
  bool await_ready() {
    const Queued queued = slots_->enqueue(*this);
    if (queued == Queued::full) {
      stats_.queue_full.add();
      result_ = Failure::queue_full;
    }
    return queued != Queued::waiting;
  }
  void await_suspend(std::coroutine_handle<> handle) {
    handle_ = handle;
    stats_.queued.add(1);
    exchange_.wait().current = this;
    exchange_.loop().set_deadline(*this, timeout_);
  }
  Failure await_resume() const { return result_; }

 private:
  // On the releasing thread: the grant travels to this exchange's loop, where it may find nobody any more.
  void granted() override {
    loop_.post([mailbox = mailbox_] {
      if (mailbox->owner != nullptr) mailbox->owner->resume(Failure::none);
    });
  }
  void expired() override {
    stats_.queue_timeout.add();
    give_up(Failure::queue_timeout);
  }
  void interrupt() override { give_up(Failure::request_timeout); }
  void give_up(Failure why) {
    slots_->abandon(*this);
    resume(why);
  }
  void leave() {
    stats_.queued.add(-1);
    mailbox_->owner = nullptr;
    exchange_.wait().current = nullptr;
    slots_->abandon(*this);
  }
  void resume(Failure result) {
    stats_.queued.add(-1);
    mailbox_->owner = nullptr;
    Deadline::clear();
    exchange_.wait().current = nullptr;
    result_ = result;
    std::exchange(handle_, nullptr).resume();
  }

  struct Mailbox {
    SlotWait* owner;  // used on the exchange's loop only
  };
  using Queued = upstream::Slots::Queued;
  ActiveExchange& exchange_;
  EventLoop& loop_;
  std::shared_ptr<upstream::Slots> slots_;
  const upstream::ClusterStats& stats_;
  const Duration timeout_;
  std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>(this);
  std::coroutine_handle<> handle_;
  Failure result_ = Failure::none;
};

}  // namespace outrigger::proxy
