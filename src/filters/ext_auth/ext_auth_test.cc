#include "filters/ext_auth/ext_auth.h"

#include <catch2/catch.hpp>

#include "support/chain_harness.h"

// What it asks and what becomes of the answers: tests/integration/access/test_ext_auth.py.
namespace outrigger::filters {

using test::ChainHarness;

TEST_CASE("ext_auth: what its options can't be", "[filter][ext_auth]") {
  const std::pair<const char*, const char*> rows[] = {
      {"ext_auth: {}", "upstream"},
      {"ext_auth: {upstream: nobody}", "nobody"},
      {"ext_auth: {upstream: spare, path: verify}", "begin with /"},
      {"ext_auth: {upstream: spare, path: /a/../b}", "begin with /"},
      {"ext_auth: {upstream: spare, timeout: 0ms}", "0ms is out of range"},
      {"ext_auth: {upstream: spare, send_headers: [Host]}", "Host"},
      {"ext_auth: {upstream: spare, headers_to_service: [Content-Length]}", "written by the proxy"},
      {"ext_auth: {upstream: spare, headers_to_client: ['a b']}", "not the name of a header field"},
      {"ext_auth: {upstream: spare, cache: {ttl: 2h}}", "2h is out of range"},
      {"ext_auth: {upstream: app}", "requests would go round in a circle: app -> app"},
  };
  for (const auto& [filter, error] : rows) {
    CAPTURE(filter);
    CHECK_THAT(ChainHarness::errors(filter), Catch::Contains(error));
  }
  CHECK(ChainHarness::errors("ext_auth: {upstream: spare, path: '/verify?a=b', send_headers: Cookie}").empty());
}

TEST_CASE("ext_auth: access is closed where nobody can be asked", "[filter][ext_auth]") {
  ChainHarness chain("ext_auth: {upstream: spare}");
  const auto result = chain.send("GET /");
  CHECK(result.status == 503);
  CHECK(result.failure == Failure::auth_unavailable);
  CHECK(chain.upstream_calls() == 0);
}

}  // namespace outrigger::filters
