#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "outrigger/stats.h"

// Metrics as plain values, ours and those of others: what pages and pushes are made of.
namespace outrigger::stats {

enum class MetricType : std::uint8_t { counter, gauge, histogram, summary, untyped };

// One observation that stands for others: where to look further. `time`: Unix seconds, 0 if unknown.
struct Exemplar {
  Labels labels;
  double value = 0;
  double time = 0;
};

struct Bucket {
  double upper = 0;         // inclusive bound; the last one is infinity
  std::uint64_t count = 0;  // cumulative
  std::optional<Exemplar> exemplar{};
};

// One label set of a family and its value now.
struct Metric {
  Labels labels{};
  double value = 0;                                    // counter, gauge, untyped
  std::vector<Bucket> buckets{};                       // histogram
  std::vector<std::pair<double, double>> quantiles{};  // summary: quantile, value
  double sum = 0;                                      // histogram, summary
  std::uint64_t count = 0;                             // histogram, summary
  std::optional<Exemplar> exemplar{};                  // counter
};

struct MetricFamily {
  std::string name{};  // of a counter: with its "_total", if it has one
  std::string help{};
  MetricType type = MetricType::untyped;
  std::vector<Metric> metrics{};
};

// All of ours, by name; a look at every cell. Thread: any.
std::vector<MetricFamily> collect();
// The one of that name; without metrics where there is none.
MetricFamily collect(std::string_view name);

// Prometheus' text format 0.0.4.
std::string text_format(std::span<const MetricFamily> families);
// OpenMetrics 1.0, "# EOF" included. A counter whose name does not end in _total is written as unknown.
std::string open_metrics(std::span<const MetricFamily> families);

}  // namespace outrigger::stats
