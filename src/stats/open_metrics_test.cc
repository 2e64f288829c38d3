#include <catch2/catch.hpp>
#include <limits>

#include "stats/families.h"

namespace outrigger::stats {

TEST_CASE("OpenMetrics: every type as the format wants it", "[stats]") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  MetricFamily counter{"a_total", "What \"it\"\\\nis.", MetricType::counter};
  counter.metrics.push_back(
      {.labels = {{"x", "1"}}, .value = 3, .exemplar = Exemplar{{{"trace_id", "ab"}}, 0.5, 1.25}});
  MetricFamily bare{"b", "", MetricType::counter};
  bare.metrics.push_back({.value = 1.5});
  MetricFamily histogram{"h", "H.", MetricType::histogram};
  histogram.metrics.push_back({.buckets = {{1, 2, Exemplar{{}, 0.25, 0}}, {kInfinity, 3}}, .sum = 4.5, .count = 3});
  MetricFamily summary{"s", "S.", MetricType::summary};
  summary.metrics.push_back({.quantiles = {{0.5, 7}}, .sum = 9, .count = 2});
  MetricFamily gauge{"g", "G.", MetricType::gauge};
  gauge.metrics.push_back({.value = -kInfinity});
  const std::vector<MetricFamily> page = {counter, bare, histogram, summary, gauge};
  CHECK(open_metrics(page) ==
        "# HELP a What \\\"it\\\"\\\\\\nis.\n# TYPE a counter\na_total{x=\"1\"} 3 # {trace_id=\"ab\"} 0.5 1.250\n"
        "# TYPE b unknown\nb 1.5\n"
        "# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"1.0\"} 2 # {} 0.25\nh_bucket{le=\"+Inf\"} 3\nh_count 3\nh_sum "
        "4.5\n"
        "# HELP s S.\n# TYPE s summary\ns{quantile=\"0.5\"} 7\ns_count 2\ns_sum 9\n"
        "# HELP g G.\n# TYPE g gauge\ng -Inf\n# EOF\n");
}

TEST_CASE("OpenMetrics: a counter whose family would have another's name is of no type", "[stats]") {
  MetricFamily counter{"a_total", "", MetricType::counter};
  counter.metrics.push_back({.value = 1});
  MetricFamily gauge{"a", "", MetricType::gauge};
  gauge.metrics.push_back({.value = 2});
  const std::vector<MetricFamily> page = {gauge, counter};
  CHECK(open_metrics(page) == "# TYPE a gauge\na 2\n# TYPE a_total unknown\na_total 1\n# EOF\n");
}

}  // namespace outrigger::stats
