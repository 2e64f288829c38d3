#pragma once

#include <coroutine>
#include <utility>

#include "net/io.h"
#include "proxy/active_exchange.h"
#include "upstream/cluster.h"

namespace outrigger::proxy {

// co_await SharedWait(...): a connection to an endpoint that may speak HTTP/2, waited for together with others.
// `request_timeout` if the exchange's deadline came first.
class [[nodiscard]] SharedWait final : private upstream::SharedConnections::Waiter, private net::Interruptible {
 public:
  using Result = upstream::SharedConnections::Result;
  SharedWait(ActiveExchange& exchange, const upstream::Cluster& cluster, const upstream::Endpoint& endpoint)
      : exchange_(exchange), cluster_(cluster), endpoint_(endpoint) {}
  ~SharedWait() {
    if (!handle_) return;
    endpoint_.shared()->leave(*this);
    exchange_.wait().current = nullptr;
  }
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    handle_ = handle;
    exchange_.wait().current = this;
    endpoint_.shared()->wait(*this, cluster_.dial_settings(endpoint_));
  }
  Result await_resume() { return std::move(result_); }

 private:
  void on_connected(Result result) override {
    result_ = std::move(result);
    exchange_.wait().current = nullptr;
    std::exchange(handle_, nullptr).resume();
  }
  void interrupt() override {
    endpoint_.shared()->leave(*this);
    on_connected({.failure = Failure::request_timeout});
  }

  ActiveExchange& exchange_;
  const upstream::Cluster& cluster_;
  const upstream::Endpoint& endpoint_;
  std::coroutine_handle<> handle_;
  Result result_;
};

}  // namespace outrigger::proxy
