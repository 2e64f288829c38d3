#include "filters/rate_limit/rate_limit.h"

#include <catch2/catch.hpp>
#include <thread>

#include "support/chain_harness.h"

using namespace outrigger;
using namespace std::chrono_literals;
using filters::Allowance;
using filters::Buckets;
using filters::Taken;
using test::ChainHarness;

TEST_CASE("rate limit: a burst passes, then the rate", "[filter][security]") {
  const Allowance allowance(Rate{10}, 3);
  Instant now{100s};
  Instant next = now;
  for (std::uint64_t left = 3; left-- > 0;) {
    const Taken taken = take_one(allowance, now, next);
    CHECK(taken.allowed);
    CHECK(taken.remaining == left);
  }
  const Taken refused = take_one(allowance, now, next);
  CHECK_FALSE(refused.allowed);
  CHECK(refused.retry_after == 100ms);
  CHECK(refused.reset_after == 300ms);
  CHECK_FALSE(take_one(allowance, now + 99ms, next).allowed);
  CHECK(take_one(allowance, now + 100ms, next).allowed);
  CHECK_FALSE(take_one(allowance, now + 100ms, next).allowed);
}

TEST_CASE("rate limit: refused requests use nothing up", "[filter][security]") {
  const Allowance allowance(Rate{10}, 1);
  Instant now{100s};
  Instant next = now;
  CHECK(take_one(allowance, now, next).allowed);
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(take_one(allowance, now + 50ms, next).allowed);
  CHECK(take_one(allowance, now + 100ms, next).allowed);
}

TEST_CASE("rate limit: over a long time exactly the rate passes", "[filter][security]") {
  const Allowance allowance(Rate{50}, 10);
  Instant next{100s};
  int allowed = 0;
  for (int ms = 0; ms < 100'000; ++ms) allowed += take_one(allowance, Instant{100s} + ms * 1ms, next).allowed ? 1 : 0;
  CHECK(allowed == 50 * 100 + 10 - 1);
}

TEST_CASE("rate limit: exact across threads", "[filter][security]") {
  Buckets buckets(Allowance(Rate{0.001}, 1000), 1000, {});
  std::atomic<int> allowed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) allowed += buckets.take("key", Instant{100s}).allowed ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(allowed == 1000);
}

TEST_CASE("rate limit: memory is bounded, the least recently used key goes", "[filter][security]") {
  Buckets buckets(Allowance(Rate{1}, 1), 640, {});
  CHECK(buckets.take("loyal", Instant{100s}).allowed);
  for (int i = 0; i < 100'000; ++i) {
    buckets.take("flood-" + std::to_string(i), Instant{100s});
    if (i % 2 == 0) CHECK_FALSE(buckets.take("loyal", Instant{100s}).allowed);
  }
  CHECK(buckets.size() <= 640);
}

TEST_CASE("rate limit: the answer says what is allowed and when to come again", "[filter][security]") {
  ChainHarness chain("rate_limit: {rate: 1/s, burst: 2}");
  const auto first = chain.send("GET /");
  CHECK(first.status == 200);
  CHECK(first.field("RateLimit-Policy") == "\"client_ip\";q=2;w=2");
  CHECK(first.field("RateLimit") == "\"client_ip\";r=1;t=1");
  CHECK(chain.send("GET /").status == 200);
  const auto refused = chain.send("GET /");
  CHECK(refused.status == 429);
  CHECK(refused.failure == Failure::rate_limited);
  CHECK(refused.field("Retry-After") == "1");
  CHECK(refused.field("RateLimit") == "\"client_ip\";r=0;t=1");
  CHECK(chain.upstream_calls() == 2);
  chain.advance(1s);
  CHECK(chain.send("GET /").status == 200);
}

TEST_CASE("rate_limit: of two the one that refuses speaks, else the one that leaves less", "[filter][rate_limit]") {
  ChainHarness chain("[{rate_limit: {rate: 3/s}}, {rate_limit: {rate: 2/h, burst: 2}}]");
  const auto outcome = [](const test::Result& result) { return result.field("RateLimit").substr(11); };
  const auto first = chain.send("GET /");
  CHECK(outcome(first) == ";r=1;t=1800");
  CHECK(first.field("RateLimit-Policy") == "\"client_ip\";q=2;w=3600");
  CHECK(outcome(chain.send("GET /")) == ";r=0;t=3600");
  const auto inner = chain.send("GET /");
  CHECK(inner.status == 429);
  CHECK(inner.field("Retry-After") == "1800");
  CHECK(outcome(inner) == ";r=0;t=1800");
  const auto outer = chain.send("GET /");
  CHECK(outer.field("Retry-After") == "1");
  CHECK(outcome(outer) == ";r=0;t=1");

  ChainHarness reversed("[{rate_limit: {rate: 2/h, burst: 2}}, {rate_limit: {rate: 3/s}}]");
  CHECK(outcome(reversed.send("GET /")) == ";r=1;t=1800");
}

TEST_CASE("rate_limit: what one that says nothing refuses is not told by another", "[filter][rate_limit]") {
  ChainHarness chain("[{rate_limit: {rate: 3/s}}, {rate_limit: {rate: 1/h, burst: 1, headers: false}}]");
  CHECK(chain.send("GET /").field("RateLimit") == "\"client_ip\";r=2;t=1");
  const auto refused = chain.send("GET /");
  CHECK(refused.field("Retry-After") == "3600");
  CHECK(refused.field("RateLimit").empty());
}

namespace {
struct Row {
  const char* what;
  const char* options;
  test::Client one, other;
  test::Fields one_fields, other_fields;
  bool share;
};
const Row kRows[] = {
    {"two addresses", "", {.ip = "192.0.2.1"}, {.ip = "192.0.2.2"}, {}, {}, false},
    {"one address", "", {.ip = "192.0.2.1"}, {.ip = "192.0.2.1"}, {}, {}, true},
    {"two IPv6 addresses of one /64", "", {.ip = "2001:db8::1"}, {.ip = "2001:db8::ffff:1"}, {}, {}, true},
    {"two IPv6 blocks", "", {.ip = "2001:db8::1"}, {.ip = "2001:db8:0:1::1"}, {}, {}, false},
    {"a /56", ", ipv6_prefix: 56", {.ip = "2001:db8::1"}, {.ip = "2001:db8:0:ff::1"}, {}, {}, true},
    {"two /60", ", ipv6_prefix: 60", {.ip = "2001:db8::1"}, {.ip = "2001:db8:0:10::1"}, {}, {}, false},
    {"a header", ", key: 'header:X-Tenant'", {}, {.ip = "192.0.2.9"}, {{"X-Tenant", "a"}}, {{"x-tenant", "a"}}, true},
    {"another header", ", key: 'header:X-Tenant'", {}, {}, {{"X-Tenant", "a"}}, {{"X-Tenant", "b"}}, false},
    {"requests without the header share one bucket", ", key: 'header:X-Tenant'", {}, {.ip = "192.0.2.9"}, {}, {}, true},
    {"long values differ by their end",
     ", key: 'header:X-Tenant'",
     {},
     {},
     {{"X-Tenant", std::string(100, 'a') + "1"}},
     {{"X-Tenant", std::string(100, 'a') + "2"}},
     false},
    {"a claim", ", key: 'claim:sub'", {.claims = {{"sub", "a"}}}, {.claims = {{"sub", "b"}}}, {}, {}, false},
    {"a user", ", key: user", {.user = "a"}, {.user = "b"}, {}, {}, false},
    {"a route is one for all", ", key: route", {.ip = "192.0.2.1"}, {.ip = "192.0.2.2"}, {}, {}, true},
};
}  // namespace

TEST_CASE("rate limit: whose requests are counted together", "[filter][security]") {
  for (const Row& row : kRows) {
    CAPTURE(row.what);
    ChainHarness chain(std::string("rate_limit: {rate: 1/m, burst: 1") + row.options + "}");
    chain.set_client(row.one);
    CHECK(chain.send({"GET /", row.one_fields}).status == 200);
    chain.set_client(row.other);
    CHECK(chain.send({"GET /", row.other_fields}).status == (row.share ? 429 : 200));
  }
}

TEST_CASE("rate limit: report lets pass", "[filter]") {
  ChainHarness chain("rate_limit: {rate: 1/m, burst: 1, mode: report}");
  chain.send("GET /");
  const auto result = chain.send("GET /");
  CHECK(result.status == 200);
  CHECK(result.why == "not enforced: more than the rate allows for this client_ip");
}

TEST_CASE("rate limit: bad options", "[filter]") {
  CHECK_THAT(ChainHarness::errors("rate_limit: {}"), Catch::Contains("missing key \"rate\""));
  CHECK_THAT(ChainHarness::errors("rate_limit: {rate: 5}"), Catch::Contains("/s"));
  CHECK_THAT(ChainHarness::errors("rate_limit: {rate: 0/s}"), Catch::Contains("above 0"));
  CHECK_THAT(ChainHarness::errors("rate_limit: {rate: 1/h, burst: 1000000}"), Catch::Contains("more than a year"));
  CHECK_THAT(ChainHarness::errors("rate_limit: {rate: 1/s, key: ip}"), Catch::Contains("client_ip"));
  CHECK_THAT(ChainHarness::errors("rate_limit: {rate: 1/s, key: 'header:'}"), Catch::Contains("is no key"));
}
