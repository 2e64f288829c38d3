#include "adapters/from_logs/from_logs.h"

#include <catch2/catch.hpp>

#include "support/adapter_harness.h"

namespace outrigger::adapters {

using Catch::Contains;

TEST_CASE("from_logs: lines that match are counted, named groups are labels", "[adapter][from_logs]") {
  test::AdapterHarness harness;
  REQUIRE(
      harness.add("metrics", R"({from_logs: 'ERROR (?P<kind>\w+)', counter: app_errors_total, labels: {app: shop}})"));
  for (const char* line : {"at 1 ERROR disk full", "at 2 ERROR disk full", "ERROR net", "all is well", "ERROR "}) {
    harness.line(line);
  }
  CHECK_THAT(harness.metrics(), Contains("# TYPE app_errors_total counter\n"));
  CHECK_THAT(harness.metrics(), Contains("app_errors_total{app=\"shop\",kind=\"disk\"} 2\n"));
  CHECK_THAT(harness.metrics(), Contains("app_errors_total{app=\"shop\",kind=\"net\"} 1\n"));
}

TEST_CASE("from_logs: a number in the line is added, set or spread", "[adapter][from_logs]") {
  struct Row {
    const char* kind;
    const char* found;
  };
  for (const Row& row : {Row{"counter: m_total", "m_total 2.75\n"}, Row{"gauge: m", "m 0.75\n"},
                         Row{"histogram: m, buckets: [1, 5]", "m_bucket{le=\"1\"} 1\nm_bucket{le=\"5\"} 2\n"}}) {
    CAPTURE(row.kind);
    test::AdapterHarness harness;
    REQUIRE(harness.add("metrics", std::string("{from_logs: 'took (?P<value>\\S+)s', ") + row.kind + "}"));
    harness.line("took 2s");
    harness.line("took manys");
    harness.line("took 0.75s");
    CHECK_THAT(harness.metrics(), Contains(row.found));
  }
}

TEST_CASE("from_logs: a parsed line is looked at in its field, and only of the source", "[adapter][from_logs]") {
  test::AdapterHarness harness;
  REQUIRE(harness.add("metrics", "{from_logs: '^5', field: status, source: '*/access.log', counter: m_total}"));
  harness.line("5 x", {}, "/var/access.log");
  harness.line("GET /", {{"status", "503"}}, "/var/access.log");
  harness.line("GET /", {{"status", "503"}}, "/var/other.log");
  CHECK_THAT(harness.metrics(), Contains("m_total 1\n"));
}

TEST_CASE("from_logs: label sets beyond the limit are refused, those there are go on", "[adapter][from_logs]") {
  test::AdapterHarness harness;
  REQUIRE(harness.add("metrics", "{from_logs: 'user (?P<user>.*)', counter: limited_total, series: 2}"));
  for (const char* line : {"user a", "user b", "user c", "user a"}) harness.line(line);
  CHECK_THAT(harness.metrics(), Contains("{user=\"a\"} 2") && Contains("{user=\"b\"} 1") && !Contains("\"c\""));
  CHECK_THAT(stats::exposition(),
             Contains("outrigger_adapter_refused_values_total{adapter=\"from_logs\",origin=\"limited_total\","
                      "reason=\"cardinality\"} 1"));
}

TEST_CASE("from_logs: a label that stands twice is refused", "[adapter][from_logs]") {
  test::AdapterHarness harness;
  REQUIRE(harness.add("metrics", "{from_logs: '(?P<app>.*)', counter: twice_total, labels: {app: shop}}"));
  harness.line("x");
  CHECK(harness.metrics().empty());
}

TEST_CASE("from_logs: a counter goes on where a changed adapter takes its place", "[adapter][from_logs]") {
  test::AdapterHarness harness;
  REQUIRE(harness.add("metrics", "{from_logs: 'a', counter: kept_total}"));
  harness.line("a");
  REQUIRE(harness.add("metrics", "{from_logs: 'b', counter: kept_total}"));
  harness.line("b");
  CHECK_THAT(harness.metrics(), Contains("kept_total 2\n"));
  harness.clear();
  CHECK(harness.metrics().empty());
}

TEST_CASE("from_logs: the trace of a line is the exemplar", "[adapter][from_logs]") {
  test::AdapterHarness harness;
  REQUIRE(harness.add("metrics", "{from_logs: 'x', counter: traced_total}"));
  harness.line("x", {{"trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"}});
  std::vector<stats::MetricFamily> page;
  harness.store().add_to(page);
  CHECK_THAT(stats::open_metrics(page),
             Contains("traced_total 1 # {trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\"} 1 "));
}

TEST_CASE("from_logs: what cannot work is refused with the configuration", "[adapter][from_logs]") {
  struct Row {
    const char* entry;
    const char* error;
  };
  for (const Row& row :
       {Row{"{from_logs: '(', counter: m}", "missing )"}, Row{"{from_logs: 'a', counter: a-b}", "no name of a metric"},
        Row{"{from_logs: 'a'}", "needs one of counter, gauge and histogram"},
        Row{"{from_logs: 'a', gauge: m}", "has no group (?P<value>...)"},
        Row{"{from_logs: '(?P<value>a)', histogram: m, buckets: [2, 1]}", "buckets must rise"},
        Row{"{from_logs: 'a', cuonter: m}", "did you mean \"counter\"?"},
        Row{"{form_logs: 'a', counter: m}", "did you mean \"from_logs\"?"},
        Row{"{counter: m}", "does not say which adapter it is"}}) {
    CAPTURE(row.entry);
    test::AdapterHarness harness;
    CHECK(harness.add("metrics", row.entry) == nullptr);
    CHECK_THAT(harness.errors(), Contains(row.error));
  }
}

}  // namespace outrigger::adapters
