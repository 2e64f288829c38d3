#include <cmath>
#include <limits>

#include "stats/exemplars.h"
#include "stats/families.h"
#include "stats/registry.h"

namespace outrigger::stats {
namespace {

void read_histogram(const Series& series, Metric& metric) {
  for (std::uint32_t i = 0; i < Histogram::kBuckets; ++i) {
    metric.count += static_cast<std::uint64_t>(Counter(series.place + i).total());
    const bool is_last = i + 1 == Histogram::kBuckets;
    metric.buckets.push_back({is_last ? std::numeric_limits<double>::infinity() : Histogram::kSeconds[i], metric.count,
                              Exemplars::instance().find(series.place + i)});
  }
  metric.sum = static_cast<double>(Counter(series.place + Histogram::kBuckets).total()) / 1e9;
}

Metric read(Kind kind, const Series& series) {
  Metric metric{.labels = series.labels};
  if (kind == Kind::histogram) {
    read_histogram(series, metric);
  } else if (kind == Kind::counter || kind == Kind::gauge) {
    metric.value = static_cast<double>(Counter(series.place).total());
  } else {
    metric.value = series.read();
  }
  return metric;
}

MetricType type_of(Kind kind) {
  switch (kind) {
    case Kind::counter:
    case Kind::counter_callback:
      return MetricType::counter;
    case Kind::histogram:
      return MetricType::histogram;
    default:
      return MetricType::gauge;
  }
}

MetricFamily read(const std::string& name, const Family& family) {
  MetricFamily made{name, family.help, type_of(family.kind)};
  for (const auto& [labels, series] : family.series) {
    Metric metric = read(family.kind, series);
    if (!std::isnan(metric.value)) made.metrics.push_back(std::move(metric));
  }
  return made;
}

}  // namespace

std::vector<MetricFamily> collect() {
  std::vector<MetricFamily> families;
  Registry::instance().for_each(
      [&](const std::string& name, const Family& family) { families.push_back(read(name, family)); });
  return families;
}

MetricFamily collect(std::string_view name) {
  MetricFamily found;
  Registry::instance().for_each([&](const std::string& each, const Family& family) {
    if (each == name) found = read(each, family);
  });
  return found;
}

std::string exposition() { return text_format(collect()); }

}  // namespace outrigger::stats
