#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/health/health_verdict.h"
#include "adapters/health/probe.h"

namespace outrigger::adapters {

// The checks of one entry, made all at the same time. Thread: the adapters'.
class Round {
 public:
  // `root` is a group: checked settings.
  Round(const Check& root, const AdapterServices& services);

  // Calls `done` once, when every check has ended, perhaps before it returns.
  void begin(std::function<void(bool is_good)> done);
  // What the latest round came to, in the file's order.
  const std::vector<HealthVerdict::CheckView>& results() const { return results_; }

 private:
  void add(const Check& check, const AdapterServices& services);
  void end_one();
  bool is_good(const Check& check, std::size_t& next) const;

  const Check root_;
  std::vector<std::unique_ptr<Probe>> probes_;     // the leaves of the tree, depth first
  std::vector<HealthVerdict::CheckView> results_;  // of each
  std::size_t waiting_ = 0;
  std::function<void(bool)> done_;
};

}  // namespace outrigger::adapters
