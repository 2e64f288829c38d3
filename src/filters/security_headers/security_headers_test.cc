#include "filters/security_headers/security_headers.h"

#include <catch2/catch.hpp>

#include "support/chain_harness.h"

using namespace outrigger;
using test::Answer;
using test::ChainHarness;

namespace {
struct Row {
  const char* what;
  const char* options;
  test::Fields service;
  const char* name;
  const char* value;  // "": absent
};
const Row kRows[] = {
    {"basic sniffing", "", {}, "X-Content-Type-Options", "nosniff"},
    {"basic has no policy", "", {}, "Content-Security-Policy", ""},
    {"transport security", "", {}, "Strict-Transport-Security", "max-age=31536000"},
    {"strict frames", "preset: strict", {}, "X-Frame-Options", "DENY"},
    {"api", "preset: api", {}, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"another value", "set: {x-frame-options: DENY}", {}, "X-Frame-Options", "DENY"},
    {"an empty value leaves it out", "set: {X-Frame-Options: ''}", {}, "X-Frame-Options", ""},
    {"a field of one's own", "set: {X-A: b}", {}, "X-A", "b"},
    {"what the service says stays", "", {{"x-frame-options", "ALLOWALL"}}, "X-Frame-Options", "ALLOWALL"},
    {"unless it is overwritten", "overwrite: true", {{"x-frame-options", "ALLOWALL"}}, "X-Frame-Options", "SAMEORIGIN"},
    {"the service's technology is hidden", "", {{"x-powered-by", "PHP/4"}}, "X-Powered-By", ""},
    {"Server passes", "", {{"Server", "app"}}, "Server", "app"},
    {"Server can be hidden", "hide: Server", {{"Server", "app"}}, "Server", ""},
};
}  // namespace

TEST_CASE("security headers: presets, values and what the service says", "[filter][security]") {
  for (const Row& row : kRows) {
    CAPTURE(row.what);
    ChainHarness chain(std::string("security_headers: {") + row.options + "}");
    chain.upstream_answers({Answer(200, row.service)});
    CHECK(chain.send("GET /").field(row.name) == row.value);
  }
}

TEST_CASE("security headers: no transport security over plain HTTP", "[filter][security]") {
  ChainHarness chain("security_headers: {}");
  chain.set_client({.scheme = "http"});
  const auto result = chain.send("GET /");
  CHECK(result.field("Strict-Transport-Security").empty());
  CHECK(result.field("X-Content-Type-Options") == "nosniff");
}

TEST_CASE("security headers: bad options", "[filter]") {
  CHECK_THAT(ChainHarness::errors("security_headers: {set: {Content-Length: 1}}"),
             Catch::Contains("written by the proxy"));
  CHECK_THAT(ChainHarness::errors("security_headers: {set: {X-A: \"a\\nb\"}}"), Catch::Contains("control character"));
  CHECK_THAT(ChainHarness::errors("security_headers: {preset: paranoid}"), Catch::Contains("paranoid"));
}
