#include <catch2/catch.hpp>

#include "support/chain_harness.h"

namespace outrigger::filters {

using test::ChainHarness;

TEST_CASE("respond: the answer is what the file says", "[filter][respond]") {
  ChainHarness chain("respond: {status: 404, body: 'no ${path}', headers: {X-Path: '${path}', X-Id: 'a'}}");
  const auto result = chain.send("GET /a");
  CHECK(result.status == 404);
  CHECK(result.body == "no ${path}");
  CHECK(result.field("Content-Type") == "text/plain; charset=utf-8");
  CHECK(result.field("X-Path") == "/a");
  CHECK(result.is_local);
  CHECK(result.failure == Failure::none);
  CHECK(chain.upstream_calls() == 0);
}

TEST_CASE("respond: its type can be set, and an empty body has none", "[filter][respond]") {
  ChainHarness html("respond: {body: '<p>', headers: {content-type: text/html}}");
  CHECK(test::values_of(html.send("GET /").fields, "Content-Type") == std::vector<std::string>{"text/html"});
  ChainHarness empty("respond: {status: 204}");
  CHECK(empty.send("GET /").field("Content-Type").empty());
}

TEST_CASE("respond: filters outside see its answer, those behind see nothing", "[filter][respond]") {
  ChainHarness chain(
      "[{headers: {response: {set: {X-Outer: 1}}}}, {respond: {}}, {headers: {response: {set: {X-Inner: 1}}}}]");
  const auto result = chain.send("GET /");
  CHECK(result.field("X-Outer") == "1");
  CHECK(result.field("X-Inner").empty());
}

TEST_CASE("respond: mistakes are refused with the file", "[filter][respond]") {
  const std::pair<const char*, const char*> cases[] = {
      {"respond: {status: 100}", "out of range"},
      {"respond: {status: 204, body: a}", "has no body"},
      {"respond: {headers: {Content-Length: 5}}", "says where the message ends"},
      {"respond: {headers: {X: \"a\\nb\"}}", "control character"},
  };
  for (const auto& [filter, expected] : cases) {
    INFO(filter);
    CHECK(ChainHarness::errors(filter).find(expected) != std::string::npos);
  }
}

}  // namespace outrigger::filters
