#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <cmath>
#include <limits>

#include "stats/registry.h"

namespace outrigger::stats {

namespace {

prometheus::ClientMetric::Histogram histogram_of(const Series& series) {
  prometheus::ClientMetric::Histogram result;
  std::uint64_t count = 0;
  for (std::uint32_t i = 0; i < Histogram::kBuckets; ++i) {
    count += static_cast<std::uint64_t>(Counter(series.place + i).total());
    const bool last = i + 1 == Histogram::kBuckets;
    result.bucket.push_back({count, last ? std::numeric_limits<double>::infinity() : Histogram::kSeconds[i]});
  }
  result.sample_count = count;
  result.sample_sum = static_cast<double>(Counter(series.place + Histogram::kBuckets).total()) / 1e9;
  return result;
}

prometheus::ClientMetric metric_of(Kind kind, const Series& series) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : series.labels) metric.label.push_back({name, value});
  switch (kind) {
    case Kind::counter:
      metric.counter.value = static_cast<double>(Counter(series.place).total());
      break;
    case Kind::gauge:
      metric.gauge.value = static_cast<double>(Counter(series.place).total());
      break;
    case Kind::gauge_callback:
      metric.gauge.value = series.read();
      break;
    case Kind::counter_callback:
      metric.counter.value = series.read();
      break;
    case Kind::histogram:
      metric.histogram = histogram_of(series);
      break;
  }
  return metric;
}

prometheus::MetricType type_of(Kind kind) {
  switch (kind) {
    case Kind::counter:
    case Kind::counter_callback:
      return prometheus::MetricType::Counter;
    case Kind::histogram:
      return prometheus::MetricType::Histogram;
    default:
      return prometheus::MetricType::Gauge;
  }
}

}  // namespace

std::string exposition() {
  std::vector<prometheus::MetricFamily> families;
  Registry::instance().for_each([&](const std::string& name, const Family& family) {
    prometheus::MetricFamily made;
    made.name = name;
    made.help = family.help;
    made.type = type_of(family.kind);
    for (const auto& [labels, series] : family.series) {
      made.metric.push_back(metric_of(family.kind, series));
      if (std::isnan(made.metric.back().gauge.value + made.metric.back().counter.value)) made.metric.pop_back();
    }
    families.push_back(std::move(made));
  });
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace outrigger::stats
