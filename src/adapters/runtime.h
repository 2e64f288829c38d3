#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "adapters/adapter.h"
#include "config/findings.h"

namespace outrigger::adapters {

// The adapters of a configuration with what they opened; never changed.
struct AdapterSet {
  struct Item {
    config::AdapterSpec spec;
    std::shared_ptr<void> opened;
  };
  std::vector<Item> items;
  std::string dns_servers;  // "127.0.0.1:53,[::1]:53"; empty: those of the system
};

// Opens what the settings need, behind check_claims(); what cannot be had goes to `findings`. Thread: the main one; may
// block.
AdapterSet open_adapters(const config::Settings& settings, KeyedStore& store, const config::Findings& findings);

// The adapters' thread and what runs on it. There is no thread before the first adapter.
// Thread: the main one, unless said otherwise.
class AdapterRuntime {
 public:
  explicit AdapterRuntime(KeyedStore& store);
  ~AdapterRuntime();
  AdapterRuntime(const AdapterRuntime&) = delete;
  AdapterRuntime& operator=(const AdapterRuntime&) = delete;

  // Makes this set the running one, between two events of the thread.
  void adopt(std::shared_ptr<const AdapterSet> set);
  // Lets adapters finish, for a second at most, ends them and joins the thread.
  void stop();
  // Thread: any.
  MetricStore& metrics() { return metrics_; }

 private:
  class Running;

  KeyedStore& store_;
  MetricStore metrics_;
  std::unique_ptr<Running> running_;  // null: no adapter was ever configured
  std::thread thread_;
};

}  // namespace outrigger::adapters
