#include "adapters/push/push.h"

#include <catch2/catch.hpp>
#include <limits>

#include "adapters/push/otlp_metrics.h"
#include "support/adapter_harness.h"
#include "support/manual_peer.h"

namespace outrigger::adapters {

using Catch::Contains;
using stats::MetricFamily;
using stats::MetricType;

namespace {

MetricFamily counter(const char* name, double value, stats::Labels labels = {}) {
  MetricFamily made{name, "Help.", MetricType::counter};
  made.metrics.push_back({.labels = std::move(labels), .value = value});
  return made;
}

std::string joined(const std::vector<std::string>& datagrams) {
  std::string all;
  for (const std::string& each : datagrams) all += each;
  return all;
}

}  // namespace

TEST_CASE("push: counters go to statsd as what they grew by, gauges as they are", "[adapter][push]") {
  StatsdLines lines(true);
  MetricFamily gauge{"g", "G.", MetricType::gauge};
  gauge.metrics.push_back({.labels = {{"a", "x|y"}, {"b", "2"}}, .value = -1.5});
  MetricFamily histogram{"h", "H.", MetricType::histogram};
  histogram.metrics.push_back(
      {.buckets = {{1, 2}, {std::numeric_limits<double>::infinity(), 3}}, .sum = 4.5, .count = 3});
  CHECK(joined(lines.write(std::vector{counter("c_total", 5), gauge, histogram})) ==
        "c_total:5|c\ng:0|g|#a:x_y,b:2\ng:-1.5|g|#a:x_y,b:2\nh_count:3|c\nh_sum:4.5|c\n");
  CHECK(joined(lines.write(std::vector{counter("c_total", 7)})) == "c_total:2|c\n");
  CHECK(joined(lines.write(std::vector{counter("c_total", 7)})).empty());
  CHECK(joined(lines.write(std::vector{counter("c_total", 3)})) == "c_total:3|c\n");  // it began anew
}

TEST_CASE("push: without tags labels are parts of the name, and datagrams stay small", "[adapter][push]") {
  StatsdLines lines(false);
  std::vector<MetricFamily> families = {counter("c_total", 1, {{"path", "/a.b c"}})};
  CHECK(joined(lines.write(families)) == "c_total./a_b_c:1|c\n");
  for (int i = 0; i < 200; ++i) families.push_back(counter(("counter_" + std::to_string(i)).c_str(), 1));
  const auto datagrams = lines.write(families);
  CHECK(datagrams.size() > 1);
  for (const std::string& datagram : datagrams) {
    CHECK(datagram.size() <= StatsdLines::kMostBytes);
    CHECK(datagram.ends_with('\n'));
  }
}

TEST_CASE("push: OTLP comes in requests of so many points, without what is no number", "[adapter][push]") {
  std::vector<MetricFamily> families;
  for (int i = 0; i < 7; ++i) families.push_back(counter(("c" + std::to_string(i)).c_str(), i));
  families[3].metrics.front().value = std::numeric_limits<double>::quiet_NaN();
  const auto requests = otlp_metrics(families, {{{"service.name", "shop"}}, {}, {}}, 3);
  REQUIRE(requests.size() == 3);
  CHECK_THAT(requests[0], Contains("service.name") && Contains("c0") && Contains("c2") && !Contains("c4"));
  CHECK_THAT(requests[1], Contains("c4") && !Contains("c3"));
  CHECK_THAT(requests[2], Contains("service.name") && Contains("c6"));
  CHECK(otlp_metrics({}, {}, 3).empty());
}

TEST_CASE("push: the last push comes also after one that is on its way", "[adapter][push]") {
  test::AdapterHarness harness;
  test::ManualPeer collector;
  Adapter* push = harness.add("metrics", "{push: {otlp: '" + collector.url() + "', every: 1s}}");
  REQUIRE(push != nullptr);
  REQUIRE(harness.run_until([&] { return collector.has_request(); }));
  push->finish();
  collector.answer(200);
  CHECK(harness.run_until([&] { return collector.has_request() || push->has_finished(); }));
  REQUIRE_FALSE(push->has_finished());
  collector.answer(200);
  CHECK(harness.run_until([&] { return push->has_finished(); }));
}

TEST_CASE("push: what cannot work is refused with the configuration", "[adapter][push]") {
  struct Row {
    const char* entry;
    const char* error;
  };
  for (const Row& row :
       {Row{"{push: {}}", "needs one of otlp, pushgateway and statsd"},
        Row{"{push: {otlp: 'http://a:1', statsd: '127.0.0.1:1'}}", "needs one of"},
        Row{"{push: {otlp: 'ftp://a'}}", "http"}, Row{"{push: {statsd: 'name:1'}}", "name"},
        Row{"{push: {pushgateway: 'http://a:1', grouping: {job: x}}}", "grouping key"},
        Row{"{push: {otlp: 'http://a:1', headers: {Authorization: secret}}}", "file:/path or env:NAME"}}) {
    CAPTURE(row.entry);
    test::AdapterHarness harness;
    CHECK(harness.add("metrics", row.entry) == nullptr);
    CHECK_THAT(harness.errors(), Contains(row.error));
  }
}

}  // namespace outrigger::adapters
