#include "adapters/json/json_metrics.h"

#include <catch2/catch.hpp>

namespace outrigger::adapters {

using Catch::Contains;

namespace {

base::Json document(std::string_view text) { return base::parse_json(text).value(); }

std::string page(const std::vector<stats::MetricFamily>& families) { return stats::text_format(families); }

}  // namespace

TEST_CASE("json: every number of a document is a metric, elements of lists have labels", "[adapter][json]") {
  const auto families =
      all_numbers(document(R"({"upTime": 12.5, "q": {"len": 3, "jobs_total": 7, "name": "x"}, "on": true,
      "pools": [{"name": "a", "size": 1}, {"name": "b", "size": 2}], "load": [0.5, 0.25], "rows_count": 4, "é": 1})"),
                  "legacy_");
  const std::string text = page(families);
  CHECK_THAT(text, Contains("# TYPE legacy_up_time gauge\nlegacy_up_time 12.5\n"));
  CHECK_THAT(text, Contains("legacy_q_len 3\n"));
  CHECK_THAT(text, Contains("# TYPE legacy_q_jobs_total counter\n"));
  CHECK_THAT(text, Contains("legacy_pools_size{name=\"a\"} 1\nlegacy_pools_size{name=\"b\"} 2\n"));
  CHECK_THAT(text, Contains("legacy_load{index=\"0\"} 0.5\n"));
  CHECK_THAT(text, Contains("# TYPE legacy_rows_count untyped\n"));
  CHECK_THAT(text, !Contains("_on") && !Contains("legacy_q_name"));
}

TEST_CASE("json: a metric is picked by its path", "[adapter][json]") {
  const auto root = document(R"({"v": "1.2", "q": {"len": 3, "old": "17", "up": true},
      "pools": {"a": {"ms": 5}, "b": {"ms": 7}}, "list": [{"id": "x", "n": [1, 2]}], "odd.name": 9})");
  struct Row {
    const char* path;
    const char* found;
  };
  for (const Row& row : {Row{"$.q.len", "m 3\n"}, Row{"$.q.old", "m 17\n"}, Row{"$.q.up", "m 1\n"},
                         Row{"$['odd.name']", "m 9\n"}, Row{"$.pools.*.ms", "m{key=\"a\"} 5\nm{key=\"b\"} 7\n"},
                         Row{"$.list[*].n[*]", "m{id=\"x\",index=\"0\"} 1\nm{id=\"x\",index=\"1\"} 2\n"},
                         Row{"$.list[0].n[1]", "m 2\n"}}) {
    CAPTURE(row.path);
    std::size_t refused = 0;
    const auto family = picked(root, "m", {.path = row.path}, refused);
    CHECK_THAT(page({family}), Contains(row.found));
    CHECK(refused == 0);
  }
}

TEST_CASE("json: a picked metric has labels of the document, its scale and its type", "[adapter][json]") {
  std::size_t refused = 0;
  const Pick pick{.path = "$.ms", .type = PickType::counter, .scale = 0.001, .labels = {{"version", "$.v"}}};
  const auto family = picked(document(R"({"v": "1.2", "ms": 250})"), "m_total", pick, refused);
  CHECK_THAT(page({family}), Contains("# TYPE m_total counter\nm_total{version=\"1.2\"} 0.25\n"));
}

TEST_CASE("json: what is no number where one is picked is refused and counted", "[adapter][json]") {
  for (const char* path : {"$.text", "$.list", "$.nothing", "$"}) {
    CAPTURE(path);
    std::size_t refused = 0;
    const auto family =
        picked(document(R"({"text": "12 ms", "list": [1], "nothing": null})"), "m", {.path = path}, refused);
    CHECK(family.metrics.empty());
    CHECK(refused == 1);
  }
  std::size_t refused = 0;
  CHECK(picked(document("{}"), "m", {.path = "$.missing"}, refused).metrics.empty());
  CHECK(refused == 0);
}

TEST_CASE("json: a path says what is wrong with it", "[adapter][json]") {
  for (const char* bad : {"", "q", "$.", "$..a", "$[", "$[x]", "$['a]", "$a", "$.a[1", "$[-1]"}) {
    CAPTURE(bad);
    CHECK_FALSE(JsonPath::parse(bad));
  }
}

}  // namespace outrigger::adapters
