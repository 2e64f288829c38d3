#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/load.h"
#include "event/event_loop.h"
#include "server/keyed_store.h"
#include "server/worker.h"

namespace outrigger::server {

struct Options {
  std::string file;         // outrigger.yaml
  std::size_t workers = 0;  // 0: by the cgroup's CPU quota, without one min(4, cores)
};

// The process: reads the file, binds, starts workers, and reloads, drains and stops on request. Everything here runs on
// the main thread.
class Server {
 public:
  Server(Options options, config::FilterCatalog catalog);
  ~Server();

  // Loads and binds; prints every error to stderr. False: nothing listens.
  bool start();
  // Serves until a signal ends it; the exit code.
  int run();
  // Reads the file again. False, and nothing changes, if it is not good.
  bool reload();

 private:
  std::shared_ptr<const Snapshot> build(config::LoadResult loaded, std::vector<std::string>& errors);
  std::shared_ptr<ListenSockets> bind(const config::Listener& listener, std::vector<std::string>& errors);
  void on_signal(int signal);
  void begin_drain(bool at_once);
  void check_drained();

  Options options_;
  config::FilterCatalog catalog_;
  EventLoop loop_;
  ProcessStore store_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<FdWatch> signals_;
  int signal_fd_ = -1;
  std::unique_ptr<Timer> drain_timer_;
  Instant drain_deadline_{};
  bool draining_ = false;
};

// How many workers suit this machine. Reads cgroup v2 and v1.
std::size_t default_workers();

}  // namespace outrigger::server
