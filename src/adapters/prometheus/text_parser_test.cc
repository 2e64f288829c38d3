#include "adapters/prometheus/text_parser.h"

#include <catch2/catch.hpp>
#include <cmath>

namespace outrigger::adapters {

using Catch::Contains;
using stats::MetricType;

TEST_CASE("prometheus: every type of a page is read", "[adapter][prometheus]") {
  const auto page = parse_metrics(
      "# HELP a_total What \\\\ it\\nis.\n# TYPE a_total counter\na_total{x=\"1\",y=\"q\\\"\\\\\\n\"} 3 1395066363000\n"
      "# TYPE g gauge\ng -1.5e3\ng{k=\"v\",} NaN\n\n# just a comment\n"
      "# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 3\nh_sum 4.5\nh_count 3\n"
      "# TYPE s summary\ns{quantile=\"0.5\"} 0.2\ns_sum 9\ns_count 7\nbare 1\n");
  CAPTURE(page ? "" : page.error());
  REQUIRE(page);
  REQUIRE(page->size() == 5);
  CHECK(page->at(0).help == "What \\ it\nis.");
  CHECK(page->at(0).metrics.front().labels == stats::Labels{{"x", "1"}, {"y", "q\"\\\n"}});
  CHECK(page->at(1).metrics.front().value == -1500);
  CHECK(std::isnan(page->at(1).metrics.back().value));
  CHECK(page->at(2).type == MetricType::histogram);
  CHECK(page->at(2).metrics.front().buckets.size() == 2);
  CHECK(page->at(2).metrics.front().count == 3);
  CHECK(page->at(3).metrics.front().quantiles.front() == std::pair(0.5, 0.2));
  CHECK(page->at(4).type == MetricType::untyped);
}

TEST_CASE("prometheus: OpenMetrics is read, exemplars with it", "[adapter][prometheus]") {
  const auto page = parse_metrics(
      "# TYPE a counter\n# UNIT a seconds\na_total{x=\"1\"} 3 1.5 # {trace_id=\"abc\"} 0.5 1600000000.25\na_created 1\n"
      "# TYPE b info\nb_info{v=\"1\"} 1\n# TYPE st stateset\nst{st=\"up\"} 1\n"
      "# TYPE gh gaugehistogram\ngh_bucket{le=\"+Inf\"} 1\ngh_gcount 1\n# TYPE u unknown\nu 1\n# EOF\n");
  CAPTURE(page ? "" : page.error());
  REQUIRE(page);
  CHECK(page->at(0).name == "a_total");
  CHECK(page->at(0).type == MetricType::counter);
  const auto& exemplar = page->at(0).metrics.front().exemplar;
  REQUIRE(exemplar);
  CHECK(exemplar->labels == stats::Labels{{"trace_id", "abc"}});
  CHECK(exemplar->time == 1600000000.25);
  CHECK(page->at(1).name == "b_info");
  CHECK(page->size() == 6);
}

TEST_CASE("prometheus: a page with an error says where, and gives nothing", "[adapter][prometheus]") {
  struct Row {
    const char* text;
    const char* error;
  };
  for (const Row& row : {Row{"a 1\n9b 1\n", "line 2: \"9b\" is no name"},
                         Row{"a\n", "no number"},
                         Row{"a 1 x\n", "timestamp"},
                         Row{"a 1 2 3\n", "behind the value"},
                         Row{"a{b=\"1\",b=\"2\"} 1\n", "stands twice"},
                         Row{"a{b=\"1\" 1\n", "do not end"},
                         Row{"a{b=1} 1\n", "without quotes"},
                         Row{"a{b=\"x} 1\n", "has no end"},
                         Row{"a{b=\"\\t\"} 1\n", "escape"},
                         Row{"a{1=\"x\"} 1\n", "no name of a label"},
                         Row{"a 1\na 2\n", "twice"},
                         Row{"a{x=\"1\",y=\"2\"} 1\na{y=\"2\",x=\"1\"} 2\n", "twice"},
                         Row{"# TYPE a blob\n", "unknown type"},
                         Row{"# TYPE a gauge\n# TYPE a gauge\n", "second TYPE"},
                         Row{"a 1\n# TYPE a gauge\n", "behind samples"},
                         Row{"# TYPE a counter\na -1\n", "below 0"},
                         Row{"# TYPE h histogram\nh_bucket 1\n", "le"},
                         Row{"# TYPE h histogram\nh_bucket{le=\"1\"} 1\n", "no bucket +Inf"},
                         Row{"# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\n", "do not rise"},
                         Row{"# TYPE h histogram\nh 1\n", "le"},
                         Row{"a 0x1\n", "no number"},
                         Row{"a 1_000\n", "no number"},
                         Row{"a infinity\n", "no number"},
                         Row{"# EOF\na 1\n", "behind # EOF"},
                         Row{"a 1 # {x=\"1\"} y\n", "exemplar"},
                         Row{"<html>\n", "no name of a metric"}}) {
    CAPTURE(row.text);
    const auto page = parse_metrics(row.text);
    REQUIRE_FALSE(page);
    CHECK_THAT(page.error(), Contains(row.error));
  }
}

TEST_CASE("prometheus: what we write is read as it was", "[adapter][prometheus]") {
  stats::MetricFamily counter{
      "a_total", "Help\nwith \\.", MetricType::counter, {{.labels = {{"l", "v\"\\\n"}}, .value = 3}}};
  stats::MetricFamily histogram{
      "h", "H.", MetricType::histogram, {{.buckets = {{1, 2}, {INFINITY, 3}}, .sum = 4, .count = 3}}};
  stats::MetricFamily summary{"s", "S.", MetricType::summary, {{.quantiles = {{0.5, 1}}, .sum = 4, .count = 3}}};
  stats::MetricFamily gauge{"g", "G.", MetricType::gauge, {{.value = -INFINITY}}};
  const std::vector<stats::MetricFamily> page = {counter, gauge, histogram, summary};
  for (const bool is_open : {false, true}) {
    const auto read = parse_metrics(is_open ? stats::open_metrics(page) : stats::text_format(page));
    REQUIRE(read);
    REQUIRE(read->size() == 4);
    CHECK(read->at(0).name == "a_total");
    CHECK(read->at(0).metrics.front().labels == counter.metrics.front().labels);
    CHECK(read->at(2).metrics.front().buckets.size() == 2);
    CHECK(read->at(3).metrics.front().sum == 4);
  }
}

}  // namespace outrigger::adapters
