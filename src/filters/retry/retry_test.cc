#include "filters/retry/retry.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "support/chain_harness.h"

using namespace std::chrono_literals;

namespace outrigger::filters {

TEST_CASE("conditions name failures and status codes") {
  const Conditions conditions({"connect-failure", "reset", "502-503", "4xx"});
  CHECK(conditions.matches(Failure::connect_failed, 0));
  CHECK(conditions.matches(Failure::upstream_tls, 0));
  CHECK(conditions.matches(Failure::upstream_bad_response, 0));
  CHECK_FALSE(conditions.matches(Failure::upstream_timeout, 0));
  CHECK_FALSE(conditions.matches(Failure::none, 0));
  CHECK(conditions.matches(Failure::none, 502));
  CHECK(conditions.matches(Failure::none, 429));
  CHECK_FALSE(conditions.matches(Failure::none, 504));
  CHECK_FALSE(conditions.matches(Failure::none, 200));
}

TEST_CASE("bad conditions are refused") {
  for (const char* good : {"connect-failure", "refused-stream", "breaker-open", "timeout", "5xx", "503", "502-504"}) {
    CHECK(Conditions::check(good).empty());
  }
  for (const char* bad : {"", "6xx", "50", "5033", "504-502", "502-", "-504", "5x", "connect_failure", "5XX"}) {
    CHECK_FALSE(Conditions::check(bad).empty());
  }
}

TEST_CASE("conditions: statuses of gRPC count in answers of the service that hold nothing else", "[filter][grpc]") {
  const Conditions conditions({"refused-stream"}, {"unavailable", "aborted"});
  CHECK(conditions.matches(Failure::upstream_refused, 0));
  CHECK(conditions.matches(grpc::Status::unavailable));
  CHECK_FALSE(conditions.matches(grpc::Status::ok));
  CHECK_FALSE(conditions.matches(std::optional<grpc::Status>()));
  Arena arena;
  const auto matches = [&](std::uint16_t status, const char* grpc_status, bool is_local) {
    auto* head = arena.make<ResponseHead>(arena);
    head->status = status;
    if (grpc_status != nullptr) head->headers.add("grpc-status", grpc_status);
    Response response(head, nullptr);
    if (is_local) response.set_local();
    return conditions.matches(response);
  };
  CHECK(matches(200, "14", false));
  CHECK(matches(200, "10", false));
  CHECK_FALSE(matches(200, "0", false));
  CHECK_FALSE(matches(200, nullptr, false));
  CHECK_FALSE(matches(200, "14", true));
  CHECK_FALSE(matches(404, "14", false));
  CHECK(Conditions::check_grpc("resource_exhausted").empty());
  CHECK_FALSE(Conditions::check_grpc("UNAVAILABLE").empty());
  CHECK_FALSE(Conditions::check_grpc("14").empty());
}

TEST_CASE("the ceiling of the pause doubles up to its limit") {
  const RetryBackoffOptions backoff;
  CHECK(backoff_ceiling(backoff, 0) == 25ms);
  CHECK(backoff_ceiling(backoff, 1) == 50ms);
  CHECK(backoff_ceiling(backoff, 4) == 250ms);
  CHECK(backoff_ceiling(backoff, 1000) == 250ms);
  CHECK(backoff_ceiling({.base = 0ms, .max = 10ms}, 9) == 0ms);
}

TEST_CASE("retry: the pause is every part of its ceiling alike, from nothing to all of it", "[filter][retry]") {
  constexpr std::uint64_t kMost = UINT64_MAX;
  const RetryBackoffOptions backoff;
  const std::tuple<int, std::uint64_t, Duration> cases[] = {
      {0, 0, 0ms},       {0, kMost / 4, 6250us}, {0, kMost / 2, 12500us}, {0, kMost, 25ms},
      {1, 0, 0ms},       {1, kMost / 2, 25ms},   {1, kMost, 50ms},        {3, kMost / 2, 100ms},
      {4, kMost, 250ms}, {9, kMost / 2, 125ms},  {9, kMost, 250ms}};
  for (const auto& [retry, bits, pause] : cases) {
    INFO(retry << " " << bits);
    const Duration found = backoff_pause(backoff, retry, bits);
    CHECK(found >= pause - 1us);
    CHECK(found <= pause);
  }
  CHECK(backoff_pause({.base = 0ms, .max = 0ms}, 3, kMost) == 0ms);
}

TEST_CASE("retry: Retry-After is seconds or a date", "[filter][retry]") {
  constexpr std::int64_t kNow = 784111777;  // Sun, 06 Nov 1994 08:49:37 GMT
  CHECK(parse_retry_after("0", kNow) == Duration(0s));
  CHECK(parse_retry_after("5", kNow) == Duration(5s));
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:39 GMT", kNow) == Duration(2s));
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:00 GMT", kNow) == Duration(0s));
  CHECK(parse_retry_after("30", kNow) == Duration(30s));
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:50:07 GMT", kNow) == Duration(30s));
  for (const char* far : {"99999999", "99999999999999999999", "Wed, 06 Nov 2093 08:49:37 GMT"}) {
    CHECK(parse_retry_after(far, kNow) == Duration(24h));
  }
  for (const char* none : {"-1", "1.5", "", " ", "soon", "-99999999999999999999"}) {
    CHECK_FALSE(parse_retry_after(none, kNow));
  }
}

namespace {
int take_all(RetryBudget& budget, Instant now) {
  int taken = 0;
  while (taken < 100000 && budget.take(now)) ++taken;
  return taken;
}
}  // namespace

TEST_CASE("the budget allows its minimum without requests") {
  RetryBudget budget(0.2, 3);
  CHECK(take_all(budget, Instant(1000s)) == 30);
}

TEST_CASE("the budget is a share of many requests") {
  RetryBudget budget(0.2, 3);
  const Instant start(1000s);
  for (int i = 0; i < 1000; ++i) budget.count_request(start + i * 9ms);
  CHECK(take_all(budget, start + 9s) == 200);
}

TEST_CASE("the budget forgets after ten seconds") {
  RetryBudget budget(0.2, 1);
  CHECK(take_all(budget, Instant(1000s)) == 10);
  CHECK_FALSE(budget.take(Instant(1009s)));
  CHECK(take_all(budget, Instant(1010s)) == 10);
  CHECK(take_all(budget, Instant(2000000s)) == 10);
}

TEST_CASE("the budget tells how much of it is used up") {
  const Instant start(1000s);
  RetryBudget floor(0, 1);
  CHECK(floor.used(start) == 0);
  for (int i = 0; i < 5; ++i) CHECK(floor.take(start));
  CHECK(floor.used(start) == 0.5);
  take_all(floor, start);
  CHECK(floor.used(start) == 1);
  CHECK(floor.used(start + 10s) == 0);
  RetryBudget share(0.2, 0);
  for (int i = 0; i < 100; ++i) share.count_request(start);
  for (int i = 0; i < 5; ++i) CHECK(share.take(start));
  CHECK(share.used(start) == 0.25);
  CHECK(RetryBudget(0, 0).used(start) == 1);  // there is none
}

TEST_CASE("the budget counts what many threads send", "[stress]") {
  RetryBudget budget(0.5, 0);
  std::vector<std::thread> threads;
  std::atomic<int> taken{0};
  for (std::size_t worker = 1; worker <= 4; ++worker) {
    threads.emplace_back([&, worker] {
      stats::set_worker(worker);
      for (int i = 0; i < 10000; ++i) {
        budget.count_request(Instant(1000s));
        if (budget.take(Instant(1000s))) ++taken;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(taken >= 19000);
  CHECK(taken <= 20004);
}

TEST_CASE("a budget of nothing allows nothing") {
  RetryBudget budget(0, 0);
  budget.count_request(Instant(1000s));
  CHECK_FALSE(budget.take(Instant(1000s)));
}

using test::Answer;
using test::ChainHarness;
using test::Fields;

TEST_CASE("retry: what may be sent again, and what not", "[filter][retry]") {
  struct Case {
    const char* what;
    const char* line;
    Fields fields;
    const char* options;
    std::vector<Answer> answers;
    int calls;
  };
  const Case cases[] = {
      {"a GET after 503", "GET /", {}, "{}", {503, 200}, 2},
      {"a GET after a reset", "GET /", {}, "{}", {Failure::upstream_reset, 200}, 2},
      {"two retries at most", "GET /", {}, "{}", {503}, 3},
      {"as many as are asked for", "GET /", {}, "{num_retries: 5}", {503}, 6},
      {"none", "GET /", {}, "{num_retries: 0}", {503}, 1},
      {"500 is the service's own answer", "GET /", {}, "{}", {500, 200}, 1},
      {"unless it is asked for", "GET /", {}, "{retry_on: 500}", {500, 200}, 2},
      {"what is asked for replaces the defaults", "GET /", {}, "{retry_on: 500}", {503, 200}, 1},
      {"a timeout only when asked for", "GET /", {}, "{}", {Failure::upstream_timeout, 200}, 1},
      {"a timeout", "GET /", {}, "{retry_on: timeout}", {Failure::upstream_timeout, 200}, 2},
      {"a service that stopped reading", "PUT /", {}, "{retry_on: timeout}", {Failure::upstream_write_timeout, 200}, 2},
      {"not with a POST", "POST /", {}, "{retry_on: timeout}", {Failure::upstream_write_timeout, 200}, 1},
      {"our own 504 is not the service's", "GET /", {}, "{retry_on: 504}", {Failure::upstream_timeout, 200}, 1},
      {"a POST after 503", "POST /", {}, "{}", {503, 200}, 1},
      {"a POST after a reset", "POST /", {}, "{}", {Failure::upstream_reset, 200}, 1},
      {"a POST that was never sent", "POST /", {}, "{}", {Failure::connect_failed, 200}, 2},
      {"a POST with a key", "POST /", {{"Idempotency-Key", "1"}}, "{}", {503, 200}, 2},
      {"every method where it is allowed", "POST /", {}, "{non_idempotent: true}", {503, 200}, 2},
      {"only listed methods", "PUT /", {}, "{methods: GET}", {503, 200}, 1},
      {"an open breaker ends the tries", "GET /", {}, "{}", {503, Failure::breaker_open, 200}, 2},
      {"a retry of another proxy", "GET /", {{"X-Retry-Attempt", "1"}}, "{}", {503, 200}, 1},
      {"the first try of another proxy", "GET /", {{"X-Retry-Attempt", "0"}}, "{}", {503, 200}, 2},
      {"a refused request of the client's", "GET /", {}, "{}", {Failure::body_too_large, 200}, 1},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    ChainHarness chain(std::string("retry: ") + c.options);
    chain.upstream_answers(c.answers);
    chain.send({c.line, c.fields});
    CHECK(chain.upstream_calls() == c.calls);
  }
}

TEST_CASE("retry: the last answer stands, and the log says what happened", "[filter][retry]") {
  ChainHarness chain("retry: {}");
  chain.upstream_answers({503, Failure::connect_failed, 504});
  const auto result = chain.send("GET /");
  CHECK(result.status == 504);
  CHECK_FALSE(result.is_local);
  CHECK(result.why == "try 2 after 503; the endpoint refused the connection; try 3 after connect_failed");
}

TEST_CASE("retry: later tries are marked for the service", "[filter][retry]") {
  ChainHarness chain("retry: {}");
  chain.upstream_answers({503, 503, 200});
  chain.send({"POST /", {{"Idempotency-Key", "1"}}, "content"});
  std::vector<std::string> attempts;
  for (const auto& request : chain.upstream_requests()) {
    attempts.push_back(request.field("X-Retry-Attempt"));
    CHECK(request.body == "content");
  }
  CHECK(attempts == std::vector<std::string>{"", "1", "2"});
}

TEST_CASE("retry: the pause is random below a ceiling that doubles", "[filter][retry]") {
  std::vector<Duration> longest(4);
  for (int i = 0; i < 200; ++i) {
    ChainHarness chain("retry: {num_retries: 4, backoff: {base: 10ms, max: 40ms}}");
    chain.upstream_answers({503});
    chain.send("GET /");
    REQUIRE(chain.sleeps().size() == 4);
    for (std::size_t retry = 0; retry < 4; ++retry) longest[retry] = std::max(longest[retry], chain.sleeps()[retry]);
  }
  const Duration ceilings[] = {10ms, 20ms, 40ms, 40ms};
  for (std::size_t retry = 0; retry < 4; ++retry) {
    CHECK(longest[retry] <= ceilings[retry]);
    CHECK(longest[retry] > ceilings[retry] * 8 / 10);
  }
}

TEST_CASE("retry: Retry-After is waited for", "[filter][retry]") {
  const std::tuple<int, const char*, const char*, Duration> cases[] = {
      {503, "2", "", 2s},
      {429, "5", "", 5s},
      {502, "2", "", 0s},
      {503, "soon", "", 0s},
      {503, "Fri, 02 Jan 2026 03:04:08 GMT", "", 3s},                                // by our clock
      {503, "Fri, 02 Jan 2026 13:04:08 GMT", "Fri, 02 Jan 2026 13:04:06 GMT", 2s}};  // by the service's
  for (const auto& [status, after, date, expected] : cases) {
    INFO(status << " " << after);
    ChainHarness chain("retry: {retry_on: [429, 502, 503], backoff: {base: 1ms, max: 1ms}}");
    Fields fields = {{"Retry-After", after}};
    if (*date != '\0') fields.emplace_back("Date", date);
    chain.upstream_answers({Answer(status, fields), 200});
    chain.send("GET /");
    REQUIRE(chain.sleeps().size() == 1);
    CHECK(chain.sleeps()[0] >= expected);
    CHECK(chain.sleeps()[0] <= expected + 1ms);
  }
}

TEST_CASE("retry: who asks for more than five seconds is left alone, and its answer is passed on", "[filter][retry]") {
  const std::tuple<int, const char*, const char*> cases[] = {
      {503, "6", ""},
      {503, "30", ""},
      {429, "30", ""},
      {503, "99999999999999999999", ""},
      {503, "Fri, 02 Jan 2026 03:04:36 GMT", ""},                                // by our clock
      {503, "Fri, 02 Jan 2026 13:04:36 GMT", "Fri, 02 Jan 2026 13:04:06 GMT"}};  // by the service's
  for (const auto& [status, after, date] : cases) {
    INFO(status << " " << after);
    ChainHarness chain("retry: {retry_on: [429, 503]}");
    Fields fields = {{"Retry-After", after}};
    if (*date != '\0') fields.emplace_back("Date", date);
    chain.upstream_answers({Answer(status, fields), 200});
    const auto result = chain.send("GET /");
    CHECK(result.status == status);
    CHECK(result.field("Retry-After") == after);
    CHECK(chain.upstream_calls() == 1);
    CHECK(chain.sleeps().empty());
    CHECK(result.why == "the service asks for a longer pause than a client should wait");
  }
}

TEST_CASE("retry: Retry-After of an open breaker is for clients, no wish of the service", "[filter][retry]") {
  ChainHarness chain(
      "[{retry: {retry_on: [breaker-open], backoff: {base: 1ms, max: 1ms}}}, "
      "{circuit_breaker: {min_requests: 2, failures: [5xx], open_for: 30s}}]");
  chain.upstream_answers({500});
  chain.send("GET /");
  chain.send("GET /");
  const auto refused = chain.send("GET /");
  CHECK(refused.failure == Failure::breaker_open);
  CHECK_FALSE(refused.field("Retry-After").empty());
  CHECK(refused.why.find("the service asks") == std::string::npos);
  CHECK(refused.why.find("try 3 after breaker_open") != std::string::npos);
  REQUIRE(chain.sleeps().size() == 2);
  for (const Duration sleep : chain.sleeps()) CHECK(sleep <= 1ms);
}

TEST_CASE("retry: it does not wait for a time that will not come", "[filter][retry]") {
  ChainHarness chain("retry: {}");
  chain.upstream_answers({Answer(503, {{"Retry-After", "5"}}).after(58s), 200});
  const auto result = chain.send("GET /");
  CHECK(result.status == 503);
  CHECK(result.duration == 58s);
  CHECK(result.why == "no time is left for another try");
}

TEST_CASE("retry: the budget bounds an outage", "[filter][retry]") {
  ChainHarness chain("retry: {budget: {share: 20%, min: 1/s}, backoff: {base: 0ms, max: 0ms}}");
  chain.upstream_answers({503});
  for (int i = 0; i < 1000; ++i) chain.send("GET /");
  CHECK(chain.upstream_calls() == 1200);
  CHECK(chain.send("GET /").why.ends_with("the retry budget is exhausted"));
}

}  // namespace outrigger::filters
