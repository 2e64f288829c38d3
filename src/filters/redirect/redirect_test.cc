#include <catch2/catch.hpp>

#include "support/chain_harness.h"

namespace outrigger::filters {

using test::ChainHarness;

TEST_CASE("redirect: the location is made of the request", "[filter][redirect]") {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"https://${host}${target}", "/a?b", "https://test/a?b"},
      {"https://${host}${path}", "/a?b", "https://test/a"},
      {"/new${path}", "/a", "/new/a"},
      {"https://other.example/?from=${header:Host}", "/", "https://other.example/?from=test"},
  };
  for (const auto& [to, target, expected] : cases) {
    ChainHarness chain(std::string("redirect: {to: '") + to + "'}");
    const auto result = chain.send(("GET " + std::string(target)).c_str());
    CHECK(result.status == 308);
    CHECK(result.field("Location") == expected);
    CHECK(result.is_local);
    CHECK(result.why == "answered by the filter redirect");
    CHECK(chain.upstream_calls() == 0);
  }
}

TEST_CASE("redirect: a path cannot choose the host", "[filter][redirect]") {
  const std::tuple<const char*, const char*> cases[] = {
      {"//evil.example/", "/evil.example/"}, {"///evil.example", "/evil.example"}, {"/\\evil.example", "/"}};
  for (const auto& [target, expected] : cases) {
    ChainHarness chain("redirect: '${target}'");
    CHECK(chain.send(("GET " + std::string(target)).c_str()).field("Location") == expected);
  }
  ChainHarness chain("redirect: '//cdn.example${path}'");
  CHECK(chain.send("GET /a").field("Location") == "//cdn.example/a");
}

TEST_CASE("redirect: a value cannot leave its place", "[filter][redirect]") {
  ChainHarness chain("redirect: '/login?to=${header:X-Next}'");
  CHECK(chain.send({"GET /", {{"X-Next", "a&b=c d\t\xff"}}}).field("Location") == "/login?to=a%26b%3Dc%20d%09%FF");
}

TEST_CASE("redirect: the same host needs one", "[filter][redirect]") {
  ChainHarness chain("redirect: 'https://${host}/'");
  const auto result = chain.send({"GET /", {{"Host", ""}}});
  CHECK(result.status == 400);
  CHECK(result.failure == Failure::bad_host);
}

TEST_CASE("redirect: mistakes are refused with the file", "[filter][redirect]") {
  const std::pair<const char*, const char*> cases[] = {
      {"redirect: {}", "missing key \"to\""},
      {"redirect: {to: /a, status: 304}", "is no redirect"},
      {"redirect: {to: /a, status: 200}", "out of range"},
      {"redirect: 'ftp://a'", "begin with https://"},
      {"redirect: '/a b'", "may not stand in a URL"},
      {"redirect: \"/a\\r\\nX: y\"", "control character"},
      {"redirect: '/${pathh}'", "did you mean \"path\""},
  };
  for (const auto& [filter, expected] : cases) {
    INFO(filter);
    CHECK(ChainHarness::errors(filter).find(expected) != std::string::npos);
  }
}

}  // namespace outrigger::filters
