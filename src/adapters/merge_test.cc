#include "adapters/merge.h"

#include <catch2/catch.hpp>

namespace outrigger::adapters {

using stats::MetricFamily;
using stats::MetricType;

namespace {

MetricFamily family(const char* name, MetricType type, stats::Labels labels = {}) {
  MetricFamily made{name, "Help.", type};
  made.metrics.push_back({.labels = std::move(labels)});
  return made;
}

}  // namespace

TEST_CASE("a page takes a family of others under its name, or prefixed where that is taken", "[adapter]") {
  struct Row {
    MetricFamily there;
    MetricFamily added;
    const char* name;  // under which it is found; null: left out
  };
  const auto kGauge = MetricType::gauge;
  for (const Row& row : {
           Row{family("a", kGauge), family("b", kGauge), "b"},
           Row{family("a", kGauge, {{"x", "1"}}), family("a", kGauge, {{"x", "2"}}), "a"},
           Row{family("a", kGauge), family("a", kGauge), "app_a"},
           Row{family("a", kGauge, {{"x", "1"}, {"y", "2"}}), family("a", kGauge, {{"y", "2"}, {"x", "1"}}), "app_a"},
           Row{family("a_total", MetricType::counter), family("a_total", kGauge, {{"x", "1"}}), "app_a_total"},
           Row{family("a_count", kGauge), family("a", MetricType::histogram), "app_a"},
           Row{family("a", MetricType::summary), family("a_sum", kGauge), "app_a_sum"},
       }) {
    CAPTURE(row.there.name, row.added.name);
    std::vector<MetricFamily> families = {row.there};
    Page page(families);
    REQUIRE(page.add(row.added, "app_"));
    CHECK(families.back().name == row.name);
  }
}

TEST_CASE("a page leaves out a family whose prefixed name is taken too", "[adapter]") {
  std::vector<MetricFamily> families = {family("a", MetricType::gauge), family("app_a", MetricType::gauge)};
  Page page(families);
  CHECK_FALSE(page.add(family("a", MetricType::gauge), "app_"));
  CHECK_FALSE(page.add(family("a", MetricType::gauge), ""));
  CHECK(families.size() == 2);
}

}  // namespace outrigger::adapters
