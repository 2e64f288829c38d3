#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace outrigger::cli {

// What the process counts at one time: series of Prometheus' text format, as /api/metrics gives them.
class Scrape {
 public:
  explicit Scrape(std::string_view text = {});

  // The sum of all series of that name whose label `label` is `value`; all of them without a label.
  double sum(std::string_view name, std::string_view label = {}, std::string_view value = {}) const;
  // The values that a label has in the series of that name.
  std::vector<std::string> values_of(std::string_view name, std::string_view label) const;
  // Cumulative counts of a histogram by upper bound, over all its series.
  std::map<double, double> buckets(std::string_view name) const;

 private:
  struct Series {
    std::string name;
    std::map<std::string, std::string, std::less<>> labels;
    double value;
  };
  std::vector<Series> series_;
};

// The quantile, 0 to 1, of what came between two looks at the buckets of a histogram; 0 when nothing came.
double quantile(const std::map<double, double>& before, const std::map<double, double>& now, double share);

}  // namespace outrigger::cli
