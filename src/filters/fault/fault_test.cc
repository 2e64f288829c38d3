#include <catch2/catch.hpp>

#include "support/chain_harness.h"

using namespace std::chrono_literals;

namespace outrigger::filters {

using test::ChainHarness;

TEST_CASE("fault: an abort is our answer with its status", "[filter][fault]") {
  ChainHarness chain("fault: {abort: {status: 418}}");
  const auto result = chain.send("GET /");
  CHECK(result.status == 418);
  CHECK(result.failure == Failure::fault_injected);
  CHECK(result.why == "aborted by the filter fault");
  CHECK(chain.upstream_calls() == 0);
}

TEST_CASE("fault: a delay comes first, then the request goes on", "[filter][fault]") {
  ChainHarness chain("fault: {delay: {for: 2s}}");
  const auto result = chain.send("GET /");
  CHECK(result.status == 200);
  CHECK(result.duration == 2s);
  CHECK(chain.upstream_calls() == 1);
}

TEST_CASE("fault: a delay does not outlast the deadline of the request", "[filter][fault]") {
  ChainHarness chain("fault: {delay: {for: 5m}}");
  const auto result = chain.send("GET /");
  CHECK(result.status == 504);
  CHECK(result.duration == ChainHarness::kDeadline);
  CHECK(chain.upstream_calls() == 0);
}

TEST_CASE("fault: its share is at random", "[filter][fault]") {
  ChainHarness chain("fault: {abort: {status: 503, share: 20%}}");
  int aborted = 0;
  for (int i = 0; i < 10000; ++i) aborted += chain.send("GET /").status == 503 ? 1 : 0;
  CHECK(aborted > 1800);
  CHECK(aborted < 2200);
  ChainHarness never("fault: {abort: {status: 503, share: 0%}}");
  for (int i = 0; i < 100; ++i) CHECK(never.send("GET /").status == 200);
}

TEST_CASE("fault: retry and breaker can be tried with it", "[filter][fault]") {
  ChainHarness retried("[{retry: {num_retries: 4}}, {fault: {abort: {status: 503}}}]");
  CHECK(retried.send("GET /").status == 503);
  CHECK(retried.sleeps().size() == 4);

  ChainHarness broken("[{circuit_breaker: {}}, {fault: {abort: {status: 500}}}]");
  for (int i = 0; i < 20; ++i) CHECK(broken.send("GET /").failure == Failure::fault_injected);
  CHECK(broken.send("GET /").failure == Failure::breaker_open);
}

TEST_CASE("fault: it must do something", "[filter][fault]") {
  CHECK(ChainHarness::errors("fault: {}").find("needs delay or abort") != std::string::npos);
  CHECK(ChainHarness::errors("fault: {delay: {share: 1%}}").find("missing key \"for\"") != std::string::npos);
  CHECK(ChainHarness::errors("fault: {abort: {status: 200}}").find("out of range") != std::string::npos);
}

}  // namespace outrigger::filters
