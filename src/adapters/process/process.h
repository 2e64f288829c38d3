#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "adapters/adapter.h"
#include "adapters/process/proc_files.h"

namespace outrigger::adapters {

struct ProcessOptions {
  std::string process;  // a name
  std::optional<int> pid;
  std::string pid_file;
  std::string prefix = "app_";
  std::map<std::string, std::string> labels;
  Duration every = std::chrono::seconds(15);
};
void describe(config::Schema<ProcessOptions>& schema);

// What the service uses, as the kernel counts it: cpu, memory, descriptors, threads. Several processes of a name are
// added up. Thread: the adapters'.
class Process final : public Adapter {
 public:
  Process(const ProcessOptions& options, AdapterContext& context);
  void start() override { look(); }

 private:
  // The cpu time of one process when it was last seen: what it used since is added to a counter that never falls.
  using Seen = std::map<std::pair<int, std::uint64_t>, double>;
  void look();

  const ProcessOptions options_;
  const ProcessChoice choice_;
  AdapterServices services_;
  std::shared_ptr<MetricSource> metrics_;
  const stats::Labels labels_;
  const std::shared_ptr<Seen> seen_;  // as long as metrics_, which has counted it
  Timer next_;
};

extern const AdapterType kProcessType;

}  // namespace outrigger::adapters
