#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "stats/families.h"

namespace outrigger::stats {
namespace {

prometheus::ClientMetric metric_of(MetricType type, const Metric& from) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : from.labels) metric.label.push_back({name, value});
  switch (type) {
    case MetricType::counter:
      metric.counter.value = from.value;
      break;
    case MetricType::gauge:
      metric.gauge.value = from.value;
      break;
    case MetricType::untyped:
      metric.untyped.value = from.value;
      break;
    case MetricType::histogram:
      for (const Bucket& bucket : from.buckets) metric.histogram.bucket.push_back({bucket.count, bucket.upper});
      metric.histogram.sample_count = from.count;
      metric.histogram.sample_sum = from.sum;
      break;
    case MetricType::summary:
      for (const auto& [quantile, value] : from.quantiles) metric.summary.quantile.push_back({quantile, value});
      metric.summary.sample_count = from.count;
      metric.summary.sample_sum = from.sum;
      break;
  }
  return metric;
}

prometheus::MetricType type_of(MetricType type) {
  switch (type) {
    case MetricType::counter:
      return prometheus::MetricType::Counter;
    case MetricType::gauge:
      return prometheus::MetricType::Gauge;
    case MetricType::histogram:
      return prometheus::MetricType::Histogram;
    case MetricType::summary:
      return prometheus::MetricType::Summary;
    case MetricType::untyped:
      break;
  }
  return prometheus::MetricType::Untyped;
}

// The library writes a HELP text as it is.
std::string escaped(const std::string& help) {
  std::string text;
  for (const char c : help) text += c == '\n' ? "\\n" : c == '\\' ? "\\\\" : std::string(1, c);
  return text;
}

}  // namespace

std::string text_format(std::span<const MetricFamily> families) {
  std::vector<prometheus::MetricFamily> converted;
  for (const MetricFamily& family : families) {
    prometheus::MetricFamily& made = converted.emplace_back();
    made.name = family.name;
    made.help = escaped(family.help);
    made.type = type_of(family.type);
    for (const Metric& metric : family.metrics) made.metric.push_back(metric_of(family.type, metric));
  }
  return prometheus::TextSerializer().Serialize(converted);
}

}  // namespace outrigger::stats
