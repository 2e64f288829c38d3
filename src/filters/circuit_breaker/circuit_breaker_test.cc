#include "filters/circuit_breaker/circuit_breaker.h"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

namespace outrigger::filters {
namespace {

constexpr Instant kStart(1000s);

BreakerPosition position(const BreakerState& state, Instant now) { return state.info(now).state; }

// Sends one request; false when it was refused.
bool send(BreakerState& state, bool ok, Instant now, Duration duration = 1ms, bool connect_failure = false) {
  auto permit = state.try_enter(now);
  if (!permit) return false;
  permit.report(ok, connect_failure, duration, now);
  return true;
}

void trip(BreakerState& state, Instant now) {
  for (int i = 0; i < 20; ++i) send(state, false, now);
}

}  // namespace

TEST_CASE("a breaker opens at its failure rate, not before min_requests") {
  BreakerState state({}, "rate", "");
  for (int i = 0; i < 10; ++i) send(state, true, kStart);
  for (int i = 0; i < 9; ++i) send(state, false, kStart + 1s);
  CHECK(position(state, kStart + 1s) == BreakerPosition::closed);
  send(state, false, kStart + 1s);
  CHECK(position(state, kStart + 1s) == BreakerPosition::open);
  CHECK_FALSE(send(state, true, kStart + 2s));
}

TEST_CASE("a breaker forgets what is older than its window") {
  BreakerState state({}, "window", "");
  for (int i = 0; i < 19; ++i) send(state, false, kStart);
  CHECK(state.info(kStart + 9s).failures == 19);
  CHECK(state.info(kStart + 10s).failures == 0);
  send(state, false, kStart + 10s);
  CHECK(position(state, kStart + 10s) == BreakerPosition::closed);
}

TEST_CASE("connect failures in a row open a breaker") {
  BreakerState state({}, "connect", "");
  for (int i = 0; i < 4; ++i) send(state, false, kStart, 1ms, true);
  send(state, true, kStart);
  for (int i = 0; i < 4; ++i) send(state, false, kStart, 1ms, true);
  CHECK(position(state, kStart) == BreakerPosition::closed);
  send(state, false, kStart, 1ms, true);
  CHECK(position(state, kStart) == BreakerPosition::open);
}

TEST_CASE("slow answers open a breaker") {
  BreakerLimits limits;
  limits.slow = BreakerLimits::Slow{.over = 1s, .rate = 0.5};
  BreakerState state(limits, "slow", "");
  for (int i = 0; i < 10; ++i) send(state, true, kStart, 1s);
  for (int i = 0; i < 10; ++i) send(state, true, kStart, 1100ms);
  CHECK(position(state, kStart) == BreakerPosition::open);
}

TEST_CASE("a breaker closes when all probes pass") {
  BreakerState state({}, "probes", "");
  trip(state, kStart);
  CHECK_FALSE(state.try_enter(kStart + 4s));
  const Instant later = kStart + 6s;
  {
    auto first = state.try_enter(later);
    auto second = state.try_enter(later);
    auto third = state.try_enter(later);
    REQUIRE(first);
    REQUIRE(third);
    CHECK_FALSE(state.try_enter(later));
    CHECK(state.retry_after(later) == Duration(1s));
    first.report(true, false, 1ms, later);
    second.report(true, false, 1ms, later);
    CHECK(position(state, later) == BreakerPosition::half_open);
  }
  // The third was dropped: its probe is free again.
  CHECK(send(state, true, later));
  CHECK(position(state, later) == BreakerPosition::closed);
  CHECK(state.info(later).requests == 0);
}

TEST_CASE("a failed probe opens a breaker for twice as long, up to max_open") {
  BreakerState state({}, "doubling", "");
  trip(state, kStart);
  Instant now = kStart;
  for (const Duration length :
       {Duration(5s), Duration(10s), Duration(20s), Duration(40s), Duration(60s), Duration(60s)}) {
    const Duration wait = state.retry_after(now);
    CHECK(wait >= length * 9 / 10);
    CHECK(wait <= length * 11 / 10);
    now += wait;
    CHECK(send(state, false, now));
    CHECK(position(state, now) == BreakerPosition::open);
  }
}

TEST_CASE("what was sent before a transition does not count") {
  BreakerState state({}, "late", "");
  auto late = state.try_enter(kStart);
  trip(state, kStart);
  const Instant now = kStart + 6s;
  REQUIRE(send(state, true, now));
  late.report(false, false, 6s, now);
  CHECK(position(state, now) == BreakerPosition::half_open);
}

TEST_CASE("a manual breaker waits for an operator") {
  BreakerLimits limits;
  limits.reset = BreakerReset::manual;
  BreakerState state(limits, "manual", "");
  trip(state, kStart);
  CHECK_FALSE(send(state, true, kStart + 1h));
  state.force(BreakerForce::automatic, kStart + 1h);
  CHECK(send(state, true, kStart + 1h));
}

TEST_CASE("the directory finds breakers by upstream and forces them") {
  CHECK_FALSE(force_breaker("directory", BreakerForce::open));
  auto state = std::make_shared<BreakerState>(BreakerLimits{}, "directory", "upstreams.directory.filters[0]");
  enlist_breaker(state, "directory");
  CHECK(force_breaker("directory", BreakerForce::open));
  CHECK_FALSE(state->try_enter(std::chrono::steady_clock::now() + 1h));
  CHECK(stats::exposition().find("outrigger_breaker_state{upstream=\"directory\"} 1") != std::string::npos);

  CHECK(force_breaker("directory", BreakerForce::closed));
  const Instant now = std::chrono::steady_clock::now();
  trip(*state, now);
  CHECK(position(*state, now) == BreakerPosition::closed);

  CHECK(force_breaker("directory", BreakerForce::automatic));
  trip(*state, now);
  CHECK(position(*state, now) == BreakerPosition::open);

  state.reset();
  for (const BreakerInfo& info : breaker_snapshot()) CHECK(info.upstream != "directory");
}

}  // namespace outrigger::filters
