#include "filters/retry/retry.h"

#include <catch2/catch.hpp>

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

TEST_CASE("the ceiling of the pause doubles up to its limit") {
  const RetryBackoffOptions backoff;
  CHECK(backoff_ceiling(backoff, 0) == 25ms);
  CHECK(backoff_ceiling(backoff, 1) == 50ms);
  CHECK(backoff_ceiling(backoff, 4) == 250ms);
  CHECK(backoff_ceiling(backoff, 1000) == 250ms);
  CHECK(backoff_ceiling({.base = 0ms, .max = 10ms}, 9) == 0ms);
}

TEST_CASE("Retry-After counts in seconds, up to five") {
  CHECK(parse_retry_after("0") == Duration(0s));
  CHECK(parse_retry_after("5") == Duration(5s));
  CHECK_FALSE(parse_retry_after("6"));
  CHECK_FALSE(parse_retry_after("-1"));
  CHECK_FALSE(parse_retry_after("1.5"));
  CHECK_FALSE(parse_retry_after("99999999999999999999"));
  CHECK_FALSE(parse_retry_after(""));
  CHECK_FALSE(parse_retry_after("Wed, 21 Oct 2015 07:28:00 GMT"));
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

TEST_CASE("a budget of nothing allows nothing") {
  RetryBudget budget(0, 0);
  budget.count_request(Instant(1000s));
  CHECK_FALSE(budget.take(Instant(1000s)));
}

}  // namespace outrigger::filters
