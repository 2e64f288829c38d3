#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/adapter.h"
#include "base/regex.h"

namespace outrigger::adapters {

struct FromLogsOptions {
  std::string from_logs;
  std::string counter, gauge, histogram;  // the metric's name; one of them is set
  std::string help = "From the lines of a log.";
  std::string value = "value";
  std::vector<double> buckets = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
  std::map<std::string, std::string> labels;
  std::string field;
  std::string source;
  std::string trace_id = "trace_id";
  std::uint32_t series = 1000;
  Duration stale_after{};  // 0: never
};
void describe(config::Schema<FromLogsOptions>& schema);

// A metric from the lines that match a pattern; named groups become labels. Thread: the adapters'.
class FromLogs final : public Adapter {
 public:
  FromLogs(const FromLogsOptions& options, AdapterContext& context);
  void start() override;

 private:
  void on_line(const LogRecord& record);
  void count(const stats::Labels& labels, std::optional<double> value, std::string_view trace_id);
  void sweep();

  const FromLogsOptions options_;
  AdapterServices services_;
  base::Regex pattern_;
  std::vector<std::string> names_;
  std::vector<std::string_view> groups_;
  std::shared_ptr<MetricSource> metrics_;
  Timer sweep_;
  std::optional<LineBus::Subscription> subscription_;
};

extern const AdapterType kFromLogsType;

}  // namespace outrigger::adapters
