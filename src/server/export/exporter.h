#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "outrigger/clock.h"

namespace outrigger::server {

// Sends spans and log records to their collectors, on a thread of its own that begins with the first lane of
// open_export(): a process without any has none. One in a process, at a time. Thread: any, where nothing else is said.
class Exporter {
 public:
  static constexpr Duration kLastEffort = std::chrono::seconds(3);

  Exporter();
  ~Exporter();
  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;

  // The DNS servers that names are looked up at, for a thread that begins later.
  void set_dns_servers(std::string servers);
  // Sends what is there, for at most kLastEffort, and ends the thread; the rest is counted as lost. When nobody makes
  // records any more.
  void finish();

 private:
  class Core;
  void wake();

  std::mutex mutex_;
  std::string dns_servers_;     // guarded by mutex_
  std::shared_ptr<Core> core_;  // guarded by mutex_
  bool is_finished_ = false;    // guarded by mutex_
  std::thread thread_;          // guarded by mutex_
};

}  // namespace outrigger::server
