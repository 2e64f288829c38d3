#include "proxy/records/record_filter.h"

#include <catch2/catch.hpp>

using namespace outrigger;
using namespace outrigger::proxy;
using namespace std::chrono_literals;

namespace {

Record record() {
  Record made;
  made.status = 503;
  made.failure = Failure::breaker_open;
  made.duration = 20ms;
  made.target = "/a/b?q=/c";
  made.host = "Shop.example:8443";
  made.route = "web.routes[0]";
  made.upstream = "app";
  made.because.failed = true;
  return made;
}

bool matches(std::string_view name, std::string_view value) {
  RecordFilter filter;
  REQUIRE(filter.set(name, value));
  return filter.matches(record());
}

}  // namespace

TEST_CASE("records: a filter shows what has all that it asks for", "[proxy][records]") {
  const struct {
    const char *name, *value;
    bool is_match;
  } rows[] = {{"status", "503", true},
              {"status", "404,5xx", true},
              {"status", "4xx", false},
              {"path", "/a", true},
              {"path", "/a/", true},
              {"path", "/a/b", true},
              {"path", "/", true},
              {"path", "/a/bc", false},
              {"path", "/a/b/c", false},
              {"path", "/c", false},
              {"host", "shop.EXAMPLE", true},
              {"host", "example", false},
              {"failure", "any", true},
              {"failure", "breaker_open", true},
              {"failure", "upstream_reset", false},
              {"slower_than", "20ms", true},
              {"slower_than", "21ms", false},
              {"route", "web.routes[0]", true},
              {"upstream", "other", false},
              {"kind", "failed", true},
              {"kind", "slow", false}};
  for (const auto& row : rows) {
    INFO(row.name << "=" << row.value);
    CHECK(matches(row.name, row.value) == row.is_match);
  }
  RecordFilter both;
  REQUIRE(both.set("status", "5xx"));
  REQUIRE(both.set("path", "/c"));
  CHECK_FALSE(both.matches(record()));
}

TEST_CASE("records: a condition that is none says so", "[proxy][records]") {
  RecordFilter filter;
  for (const auto& [name, value] :
       {std::pair{"status", "many"}, std::pair{"failure", "nosuch"}, std::pair{"path", "a"},
        std::pair{"slower_than", "5"}, std::pair{"kind", "odd"}, std::pair{"colour", "red"}}) {
    INFO(name);
    CHECK_FALSE(filter.set(name, value));
  }
}
