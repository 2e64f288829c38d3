#pragma once

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "server/app/app.h"
#include "server/export/exporter.h"
#include "server/inherited_sockets.h"
#include "server/keyed_store.h"
#include "server/lifecycle.h"
#include "server/local_service.h"
#include "server/memory_trim.h"
#include "server/process_log.h"
#include "server/reloader.h"
#include "server/remote_documents.h"
#include "server/service_manager.h"
#include "server/worker.h"

namespace outrigger::server {

struct Options {
  Source source;
  std::size_t workers = 0;  // 0: by the cgroup's CPU quota, without one min(4, cores)
  AppOptions app{};
};

// The process: reads the file, binds, starts workers, and reloads, drains and stops on request. Everything here runs on
// the main thread, which carries no traffic but probes and the admin API.
class Server {
 public:
  Server(Options options, config::FilterCatalog catalog);
  ~Server();

  // Loads and binds; prints every error to stderr. False: nothing listens.
  bool start();
  // Serves until a signal or the app's end ends it; the exit code, which is the app's where there is one.
  int run();
  // Makes run() return. Thread: any.
  void stop() { loop_.stop(); }

  EventLoop& loop() { return loop_; }
  const Snapshot& snapshot() const { return *snapshot_; }
  Reloader& reloader() { return *reloader_; }
  Lifecycle& lifecycle() { return lifecycle_; }
  // Why no traffic should come now, besides the phase; empty: it should.
  std::string not_ready() const;
  // Null: there is none.
  const App* app() const { return app_.get(); }
  ProcessLog& process_log() { return *process_log_; }
  const std::vector<std::unique_ptr<Worker>>& workers() const { return workers_; }
  config::FilterCatalog catalog() const { return catalog_; }
  adapters::AdapterRuntime& adapters() { return adapters_; }
  WallTime started() const { return started_; }

 private:
  void adopt(std::shared_ptr<const Snapshot> snapshot);
  void tell_manager();
  std::string status_line() const;
  void take_signals();
  void on_signal(int signal);
  // Calls back when every worker has answered.
  void ask_workers(std::function<void()> all_answered);
  void stop_accepting();
  void close_listeners();
  bool has_app() const { return !options_.app.command.empty(); }
  bool start_app();
  void app_ended(int exit_code);
  void end();

  class SignalWatch;
  Options options_;
  config::FilterCatalog catalog_;
  WallTime started_;
  EventLoop loop_;
  ServiceManager manager_{loop_};
  InheritedSockets inherited_;
  ProcessStore store_;
  MemoryTrim memory_trim_{loop_};
  RemoteDocuments remote_documents_{loop_};
  Lifecycle lifecycle_;
  std::unique_ptr<ProcessLog> process_log_;
  std::string start_error_;  // why the process cannot serve, beside the configuration
  std::shared_ptr<const Snapshot> snapshot_;
  Exporter exporter_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Reloader> reloader_;
  std::unique_ptr<SignalWatch> signals_;
  adapters::AdapterRuntime adapters_{store_};
  std::unique_ptr<LocalService> status_, admin_;
  std::unique_ptr<App> app_;
  int end_signal_ = SIGTERM;  // the app's
  int exit_code_ = 0;
  bool is_ending_ = false;  // traffic has
};

// How many workers suit this machine. Reads cgroup v2 and v1.
std::size_t default_workers();

}  // namespace outrigger::server
