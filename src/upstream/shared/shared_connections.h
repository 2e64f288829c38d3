#pragma once

#include <memory>
#include <string>
#include <vector>

#include "upstream/cluster_stats.h"
#include "upstream/connection.h"
#include "upstream/shared/shared_connection.h"
#include "upstream/shared/shared_dial.h"

namespace outrigger::upstream {

class Endpoint;

// One worker's connections to an endpoint that may speak HTTP/2, and who waits for a new one. As many requests share a
// connection as the service allows, at most SharedConnection::kMostRequests; when all are full, the next is opened.
// While it is, those who come wait for it together. Thread: its worker.
class SharedConnections {
 public:
  // What came of waiting.
  struct Result {
    SharedConnection* shared = nullptr;  // with room for one request
    std::unique_ptr<Connection> own{};   // the service chose HTTP/1: a connection for this request
    bool speaks_http1 = false;           // the same, but make one yourself
    Failure failure = Failure::none;
    std::string detail{};
  };
  class Waiter : public ListNode<Waiter> {
   public:
    // Called once, from an event; the waiter is in no list any more.
    virtual void on_connected(Result result) = 0;

   protected:
    ~Waiter() = default;
  };

  // `is_http2`: the service speaks nothing else, and ALPN is no question.
  SharedConnections(EventLoop& loop, Endpoint& endpoint, bool is_http2)
      : loop_(loop), endpoint_(endpoint), is_http2_(is_http2) {}
  ~SharedConnections();

  // The connection that is to carry the next request, null if none has room. Only those newer than `after`.
  SharedConnection* find(std::uint32_t after = 0);
  // The service chose HTTP/1 the last time it had the choice.
  bool speaks_http1() const { return speaks_http1_; }
  // Queues for a connection; one is opened if those on their way won't do.
  void wait(Waiter& waiter, const DialSettings& settings);
  // Queues no longer.
  void leave(Waiter& waiter);
  // Takes over a connection on which HTTP/2 was agreed on.
  SharedConnection& add(std::unique_ptr<net::Transport> transport, const DialSettings& settings);
  // No connection takes more requests, nor will those to come.
  void retire();

 private:
  friend class SharedDial;
  void begin_dial(const DialSettings& settings);
  void on_dialed(SharedDial& ended);
  void serve(SharedConnection& made, const DialSettings& settings);
  void tell_all(Result result);
  Waiter& next_waiter();

  EventLoop& loop_;
  Endpoint& endpoint_;
  const bool is_http2_;
  bool speaks_http1_ = false;
  bool is_retired_ = false;
  IntrusiveList<SharedConnection> connections_;  // that may take requests, in order of age
  std::vector<std::unique_ptr<SharedDial>> dials_;
  IntrusiveList<Waiter> waiters_;
  std::size_t waiting_ = 0;
  std::uint32_t most_requests_ = SharedConnection::kMostRequests;  // as connections turned out to take
};

}  // namespace outrigger::upstream
