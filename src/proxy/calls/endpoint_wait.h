#pragma once

#include <coroutine>
#include <utility>

#include "net/io.h"
#include "proxy/active_exchange.h"
#include "upstream/cluster.h"

namespace outrigger::proxy {

// co_await EndpointWait(...): waits while names of the upstream are looked up for the first time and none of its
// endpoints has an address, at most for its connect timeout. `request_timeout` if the exchange's deadline came first,
// else `none`: look what there is.
class [[nodiscard]] EndpointWait final : private upstream::Cluster::Waiter,
                                         private Deadline,
                                         private net::Interruptible {
 public:
  EndpointWait(ActiveExchange& exchange, upstream::Cluster& cluster) : exchange_(exchange), cluster_(cluster) {}
  ~EndpointWait() {
    if (handle_) exchange_.wait().current = nullptr;
  }
  bool await_ready() const { return cluster_.has_usable_endpoint() || !cluster_.is_pending(); }
  void await_suspend(std::coroutine_handle<> handle) {
    handle_ = handle;
    exchange_.wait().current = this;
    exchange_.loop().set_deadline(*this, cluster_.connect_limit());
    cluster_.wait(*this);
  }
  Failure await_resume() const { return result_; }

 private:
  void on_endpoints_changed() override {
    if (!await_ready()) return cluster_.wait(*this);
    resume(Failure::none);
  }
  void expired() override { resume(Failure::none); }
  void interrupt() override { resume(Failure::request_timeout); }
  void resume(Failure result) {
    Waiter::unlink();
    Deadline::clear();
    exchange_.wait().current = nullptr;
    result_ = result;
    std::exchange(handle_, nullptr).resume();
  }

  ActiveExchange& exchange_;
  upstream::Cluster& cluster_;
  std::coroutine_handle<> handle_;
  Failure result_ = Failure::none;
};

}  // namespace outrigger::proxy
