#include <catch2/catch.hpp>

#include "support/chain_harness.h"

namespace outrigger::filters {

using test::ChainHarness;
using test::Request;

TEST_CASE("rewrite: a prefix of whole segments is replaced, the query stays", "[filter][rewrite]") {
  const std::tuple<const char*, const char*, const char*, const char*> cases[] = {
      // prefix, to, target, expected
      {"/old", "/new", "/old", "/new"},
      {"/old", "/new", "/old/a?b=c", "/new/a?b=c"},
      {"/old", "/new", "/older", "/older"},
      {"/old", "/new", "/a/old", "/a/old"},
      {"/old", "/", "/old", "/"},
      {"/old", "/", "/old/a", "/a"},
      {"/old", "/new/", "/old/a", "/new/a"},
      {"/old/", "/new/", "/old/a", "/new/a"},
      {"/old/", "/new", "/old/a", "/new/a"},
      {"/", "/app", "/a", "/app/a"},
      {"/", "/app/", "/", "/app/"},
      {"/old", "/${host}", "/old/a", "/test/a"},
  };
  for (const auto& [prefix, to, target, expected] : cases) {
    INFO(prefix << " -> " << to << ": " << target);
    ChainHarness chain(std::string("rewrite: {path: {prefix: '") + prefix + "', to: '" + to + "'}}");
    chain.send(("GET " + std::string(target)).c_str());
    CHECK(chain.upstream_requests().at(0).target == expected);
  }
}

TEST_CASE("rewrite: a regular expression matches the whole path", "[filter][rewrite]") {
  const std::tuple<const char*, const char*, const char*, const char*> cases[] = {
      {"/v1/(.*)", "/v2/${1}", "/v1/a/b?c", "/v2/a/b?c"},
      {"/v1/(.*)", "/v2/${1}", "/x/v1/a", "/x/v1/a"},
      {"/(\\w+)/(\\w+)", "/${2}/${1}", "/a/b", "/b/a"},
      {"/a(x)?", "/b${1}", "/a", "/b"},
      {"/a", "/b", "/a/", "/a/"},
  };
  for (const auto& [regex, to, target, expected] : cases) {
    INFO(regex << " -> " << to << ": " << target);
    ChainHarness chain(std::string("rewrite: {path: {regex: '") + regex + "', to: '" + to + "'}}");
    chain.send(("GET " + std::string(target)).c_str());
    CHECK(chain.upstream_requests().at(0).target == expected);
  }
}

TEST_CASE("rewrite: the host changes in the field and for the route", "[filter][rewrite]") {
  ChainHarness chain("rewrite: {host: \"${header:X-Tenant}.internal:81\"}");
  chain.send({"GET /", {{"X-Tenant", "blue"}}});
  CHECK(chain.upstream_requests().at(0).authority == "blue.internal:81");
  CHECK(chain.upstream_requests()[0].field("Host") == "blue.internal:81");
}

TEST_CASE("rewrite: a request cannot smuggle anything through a variable", "[filter][rewrite]") {
  ChainHarness path("rewrite: {path: {prefix: /a, to: '/t/${header:X-T}'}}");
  const std::tuple<const char*, const char*> refused[] = {
      {"../admin", "encoded slash"}, {"..", "dot segment"}, {".", "dot segment"}, {"a/b", "encoded slash"}};
  for (const auto& [value, why] : refused) {
    INFO(value << ": " << why);
    const auto result = path.send({"GET /a/x", {{"X-T", value}}});
    CHECK(result.status == 400);
    CHECK(result.failure == Failure::bad_target);
  }
  CHECK(path.upstream_calls() == 0);
  path.send({"GET /a/x", {{"X-T", "b c?d#e HTTP/1.1"}}});
  CHECK(path.upstream_calls() == 0);  // the slash again
  path.send({"GET /a/x", {{"X-T", "b c?d#e%"}}});
  CHECK(path.upstream_requests().at(0).target == "/t/b%20c%3Fd%23e%25/x");

  ChainHarness host("rewrite: {host: '${header:X-H}'}");
  for (const char* bad : {"", "a b", "a/b", "user@a", "a:b", "a,b"}) {
    INFO(bad);
    CHECK(host.send({"GET /", {{"X-H", bad}}}).failure == Failure::bad_host);
  }
}

TEST_CASE("rewrite: a path that was ambiguous before may stay so", "[filter][rewrite]") {
  ChainHarness chain("rewrite: {path: {prefix: /a, to: /b}}");
  chain.send("GET /a/x%2Fy");  // the listener keeps paths as they are
  CHECK(chain.upstream_requests().at(0).target == "/b/x%2Fy");
}

TEST_CASE("rewrite: nothing is rewritten twice behind retry", "[filter][rewrite]") {
  ChainHarness chain("[{retry: {}}, {rewrite: {path: {prefix: /a, to: /a/a}, host: b}}]");
  chain.upstream_answers({503, 200});
  chain.send("GET /a");
  REQUIRE(chain.upstream_calls() == 2);
  CHECK(chain.upstream_requests()[1].target == "/a/a");
}

TEST_CASE("rewrite: mistakes are refused with the file", "[filter][rewrite]") {
  const std::pair<const char*, const char*> cases[] = {
      {"rewrite: {path: {to: /a}}", "needs one of prefix and regex"},
      {"rewrite: {path: {prefix: /a, regex: /a, to: /b}}", "needs one of prefix and regex"},
      {"rewrite: {path: {prefix: /a}}", "missing key \"to\""},
      {"rewrite: {path: {prefix: a, to: /b}}", "begin with /"},
      {"rewrite: {path: {prefix: /a, to: b}}", "begin with /"},
      {"rewrite: {path: {prefix: /a, to: '/b?c'}}", "may not stand in a path"},
      {"rewrite: {path: {prefix: /a, to: '/b c'}}", "may not stand in a path"},
      {"rewrite: {path: {regex: '(', to: /b}}", "bad regular expression"},
      {"rewrite: {path: {regex: '/(a)', to: '/${2}'}}", "has 1 groups"},
      {"rewrite: {path: {prefix: /a, to: '/${1}'}}", "needs a regular expression"},
      {"rewrite: {host: 'a b'}", "is no host name"},
      {"rewrite: {host: '${hots}'}", "did you mean \"host\""},
  };
  for (const auto& [filter, expected] : cases) {
    INFO(filter);
    CHECK(ChainHarness::errors(filter).find(expected) != std::string::npos);
  }
}

}  // namespace outrigger::filters
