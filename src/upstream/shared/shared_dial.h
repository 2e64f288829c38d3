#pragma once

#include <memory>
#include <string>

#include "net/connect.h"
#include "outrigger/task.h"
#include "upstream/cluster_stats.h"
#include "upstream/shared/shared_connection.h"

namespace outrigger::upstream {

class Endpoint;
class SharedConnections;

// How a connection is made and kept.
struct DialSettings {
  Duration connect;
  SharedLimits limits;
  ClusterStats stats;
  SharedStats shared_stats;
};

// A connection on its way, for whoever waits: it goes on when a request that asked for it ends. Tells its owner when it
// has ended, from an event. Thread: its worker.
class SharedDial final : private RootTask::Owner, private Deferred {
 public:
  SharedDial(EventLoop& loop, Endpoint& endpoint, SharedConnections& owner, DialSettings settings);
  SharedDial(const SharedDial&) = delete;
  SharedDial& operator=(const SharedDial&) = delete;
  ~SharedDial() { task_.reset(); }
  void start();

  Arena& arena() { return arena_; }
  const DialSettings& settings() const { return settings_; }
  // What came of it.
  net::Connect::Result& result() { return result_; }

 private:
  RootTask run(SharedDial& self);
  void on_root_done(std::exception_ptr failure) noexcept override;
  void run_deferred() override;

  EventLoop& loop_;
  Endpoint& endpoint_;
  SharedConnections& owner_;
  DialSettings settings_;
  net::WaitSlot wait_;
  Arena arena_;
  net::Connect::Result result_;
  RootTask task_;  // last: its frame refers to everything above
};

}  // namespace outrigger::upstream
