#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stats/families.h"

namespace outrigger::cli {

// What the process counts at one time, as /api/metrics tells it.
class Scrape {
 public:
  explicit Scrape(std::vector<stats::MetricFamily> families = {}) : families_(std::move(families)) {}

  // The sum of all metrics of that name whose label `label` is `value`; all of them without a label.
  double sum(std::string_view name, std::string_view label = {}, std::string_view value = {}) const;
  // The values that a label has in the metrics of that name.
  std::vector<std::string> values_of(std::string_view name, std::string_view label) const;
  // Cumulative counts of a histogram by upper bound, over all its label sets.
  std::map<double, double> buckets(std::string_view name) const;

 private:
  std::span<const stats::Metric> metrics(std::string_view name) const;
  std::vector<stats::MetricFamily> families_;
};

// The quantile, 0 to 1, of what came between two looks at the buckets of a histogram; 0 when nothing came.
double quantile(const std::map<double, double>& before, const std::map<double, double>& now, double share);

}  // namespace outrigger::cli
