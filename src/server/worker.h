#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "net/address.h"
#include "proxy/server_connection.h"
#include "server/snapshot.h"

namespace outrigger::server {

// One thread with one loop: its own listening sockets, connections and pools. Only post() and the counters are for
// other threads.
class Worker {
 public:
  Worker(std::size_t index, KeyedStore& store);
  ~Worker();

  void start();
  // Thread: the server's. Adopts `snapshot` between two events: new listeners open, missing ones close.
  void adopt(std::shared_ptr<const Snapshot> snapshot);
  // Stops accepting; connections end with their current exchange.
  void drain();
  // Ends everything and joins the thread.
  void stop();
  std::size_t open_connections() const { return open_.load(std::memory_order_relaxed); }

 private:
  class Acceptor;
  void run();
  void apply(const std::shared_ptr<const Snapshot>& snapshot);

  const std::size_t index_;
  KeyedStore& store_;
  EventLoop loop_;
  proxy::FailureStats failures_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::unique_ptr<proxy::ConnectionContext> context_;
  std::map<std::string, std::unique_ptr<Acceptor>, std::less<>> acceptors_;
  std::atomic<std::size_t> open_{0};
  std::unique_ptr<Timer> census_;
  std::thread thread_;
};

}  // namespace outrigger::server
