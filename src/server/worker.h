#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server/acceptor.h"
#include "server/snapshot.h"

namespace outrigger::server {

// One thread with one loop: its own listening sockets, connections and pools.
// Thread: the server's, unless said otherwise.
class Worker {
 public:
  // `index` counts from 1.
  Worker(std::size_t index, KeyedStore& store);
  ~Worker();

  // All workers, this one among them; before start().
  void set_workers(const std::vector<std::unique_ptr<Worker>>& workers) { balance_.set_workers(workers); }
  // Starts the thread with its first configuration.
  void start(std::shared_ptr<const Snapshot> snapshot);
  // Adopts `snapshot` between two events: new listeners open, missing ones close.
  void adopt(std::shared_ptr<const Snapshot> snapshot);
  // Answers of HTTP/1 say from here on that their connection ends: clients come back elsewhere.
  void let_go();
  // Stops accepting; connections end with their current exchange.
  void drain();
  // Ends everything and joins the thread.
  void stop();
  // Runs `call` on the worker's thread between two events. Thread: any.
  void post(std::function<void()> call) { loop_.post(std::move(call)); }
  // Open ones and those on their way here. Thread: any.
  std::size_t connections() const {
    return context_.open.load(std::memory_order_relaxed) + coming_.load(std::memory_order_relaxed);
  }
  // Serves a connection that worker `from` accepted for `listener`, or gives it back where this one has not heard of
  // the listener yet; null: it was given back. Thread: any.
  void take(Accepted accepted, const std::string& listener, std::shared_ptr<net::tls::ServerContext> certificate,
            Worker* from);
  // Thread: the worker's.
  const proxy::LiveConfig& live() const { return *context_.live; }
  // Null: nothing is kept of requests. Thread: the worker's.
  proxy::Recorder* recorder() { return context_.recorder.get(); }

 private:
  void run();
  void apply(const std::shared_ptr<const Snapshot>& snapshot);
  void apply_records(const config::Settings& settings);

  const std::size_t index_;
  KeyedStore& store_;
  EventLoop loop_;
  proxy::FailureStats failures_;
  std::shared_ptr<const Snapshot> snapshot_;
  proxy::ConnectionContext context_;
  ConnectionBalance balance_{*this};
  std::atomic<std::size_t> coming_{0};
  std::map<std::string, std::unique_ptr<Acceptor>, std::less<>> acceptors_;
  std::thread thread_;
};

}  // namespace outrigger::server
