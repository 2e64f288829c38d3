#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "outrigger/clock.h"
#include "stats/families.h"

namespace outrigger::adapters {

// What stands around the metrics of a push.
struct OtlpContext {
  std::map<std::string, std::string> resource;  // attributes: service.name ...
  WallTime started{};                           // since when counters count
  WallTime now{};
};

// The families as one or more ExportMetricsServiceRequest, none with more than `most_points` data points. Counters and
// histograms are cumulative. Left out: gauges and counters that are no finite number, and points of more than 16 KiB.
// Source: opentelemetry-proto 1.x, metrics.proto.
std::vector<std::string> otlp_metrics(std::span<const stats::MetricFamily> families, const OtlpContext& context,
                                      std::size_t most_points);

}  // namespace outrigger::adapters
