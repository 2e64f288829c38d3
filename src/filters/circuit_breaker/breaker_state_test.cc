#include "filters/circuit_breaker/breaker_state.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "filters/circuit_breaker/breaker_directory.h"

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
  BreakerState state({}, {.upstream = "rate"});
  for (int i = 0; i < 10; ++i) send(state, true, kStart);
  for (int i = 0; i < 9; ++i) send(state, false, kStart + 1s);
  CHECK(position(state, kStart + 1s) == BreakerPosition::closed);
  send(state, false, kStart + 1s);
  CHECK(position(state, kStart + 1s) == BreakerPosition::open);
  CHECK_FALSE(send(state, true, kStart + 2s));
}

TEST_CASE("a breaker forgets what is older than its window") {
  BreakerState state({}, {.upstream = "window"});
  for (int i = 0; i < 19; ++i) send(state, false, kStart);
  CHECK(state.info(kStart + 9s).failures == 19);
  CHECK(state.info(kStart + 10s).failures == 0);
  send(state, false, kStart + 10s);
  CHECK(position(state, kStart + 10s) == BreakerPosition::closed);
}

TEST_CASE("connect failures in a row open a breaker") {
  BreakerState state({}, {.upstream = "connect"});
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
  BreakerState state(limits, {.upstream = "slow"});
  for (int i = 0; i < 10; ++i) send(state, true, kStart, 1s);
  for (int i = 0; i < 10; ++i) send(state, true, kStart, 1100ms);
  CHECK(position(state, kStart) == BreakerPosition::open);
}

TEST_CASE("a breaker closes when all probes pass") {
  BreakerState state({}, {.upstream = "probes"});
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

TEST_CASE("a probe whose answer breaks off opens a breaker again") {
  BreakerState state({}, {.upstream = "cut"});
  trip(state, kStart);
  const Instant later = kStart + 6s;
  for (int i = 0; i < 2; ++i) CHECK(send(state, true, later));
  auto third = state.try_enter(later);
  REQUIRE(third);
  third.answered(later);
  CHECK(position(state, later) == BreakerPosition::half_open);
  third.report(false, false, 1ms, later + 1s);
  CHECK(position(state, later + 1s) == BreakerPosition::open);
}

TEST_CASE("probes whose answers flow on and on do not keep a breaker half-open for longer than open_for") {
  BreakerState state({}, {.upstream = "flowing"});
  trip(state, kStart);
  const Instant later = kStart + 6s;
  auto first = state.try_enter(later);
  auto second = state.try_enter(later);
  auto third = state.try_enter(later);
  first.answered(later);
  second.answered(later);
  CHECK_FALSE(state.may_enter(later + 1h));  // the third may still fail
  third.answered(later + 1s);
  CHECK_FALSE(state.may_enter(later + 5s));
  CHECK(send(state, true, later + 6s));
  CHECK(position(state, later + 6s) == BreakerPosition::closed);
  first.report(false, false, 1ms, later + 7s);  // of before
  CHECK(state.info(later + 7s).failures == 0);
}

TEST_CASE("a probe whose client left in the middle of the answer is given back and proves nothing") {
  BreakerState state({}, {.upstream = "left"});
  trip(state, kStart);
  const Instant later = kStart + 6s;
  for (int i = 0; i < 3; ++i) {
    auto probe = state.try_enter(later);
    REQUIRE(probe);
    probe.answered(later);
    probe.leave(true, 1ms, later);
  }
  CHECK(position(state, later + 1h) == BreakerPosition::half_open);
  for (int i = 0; i < 2; ++i) CHECK(send(state, true, later + 1h));
  CHECK(position(state, later + 1h) == BreakerPosition::half_open);
  CHECK(send(state, true, later + 1h));
  CHECK(position(state, later + 1h) == BreakerPosition::closed);
}

TEST_CASE("a client that leaves a breaker's probe late takes nothing from what is proven") {
  BreakerLimits limits;
  limits.probes = 1;
  BreakerState state(limits, {.upstream = "late"});
  trip(state, kStart);
  const Instant later = kStart + 6s;
  auto probe = state.try_enter(later);
  probe.answered(later);
  probe.leave(true, 1ms, later + 5s);
  CHECK(send(state, true, later + 5s));
  CHECK(position(state, later + 5s) == BreakerPosition::closed);
}

TEST_CASE("of a client that left a breaker counts only that the service was slow") {
  BreakerLimits limits;
  limits.slow = BreakerLimits::Slow{.over = 1s, .rate = 0.5};
  BreakerState state(limits, {.upstream = "impatient"});
  for (int i = 0; i < 40; ++i) state.try_enter(kStart).leave(i % 2 == 0, 1s, kStart);
  CHECK(state.info(kStart).requests == 0);
  for (int i = 0; i < 20; ++i) state.try_enter(kStart).leave(i % 2 == 0, 2s, kStart);
  CHECK(position(state, kStart) == BreakerPosition::open);
}

TEST_CASE("an endpoint's breaker that an operator forced is kept while the endpoint is away") {
  const auto make = [] {
    auto made = std::make_shared<BreakerState>(BreakerLimits{}, BreakerName{"away", "", "10.0.0.1:80"});
    enlist_breaker(made);
    return made;
  };
  auto state = make();
  const std::weak_ptr<BreakerState> kept = state;
  REQUIRE(force_breaker("away", "10.0.0.1:80", BreakerForce::open));
  state.reset();
  CHECK_FALSE(kept.expired());
  CHECK(force_breaker("away", "10.0.0.1:80", BreakerForce::automatic));
  CHECK(kept.expired());

  state = make();
  const std::weak_ptr<BreakerState> old = state;
  REQUIRE(force_breaker("away", "", BreakerForce::closed));
  state = make();  // with other options
  CHECK(old.expired());
}

TEST_CASE("a good head ends a row of connect failures, however long its answer takes") {
  BreakerState state({}, {.upstream = "row"});
  auto flowing = state.try_enter(kStart);
  for (int i = 0; i < 4; ++i) send(state, false, kStart, 1ms, true);
  flowing.answered(kStart);
  for (int i = 0; i < 4; ++i) send(state, false, kStart, 1ms, true);
  CHECK(position(state, kStart) == BreakerPosition::closed);
}

TEST_CASE("a failed probe opens a breaker for twice as long, up to max_open") {
  BreakerState state({}, {.upstream = "doubling"});
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
  BreakerState state({}, {.upstream = "late"});
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
  BreakerState state(limits, {.upstream = "manual"});
  trip(state, kStart);
  CHECK_FALSE(send(state, true, kStart + 1h));
  state.force(BreakerForce::automatic, kStart + 1h);
  CHECK(send(state, true, kStart + 1h));
}

TEST_CASE("the directory finds breakers by upstream and forces them") {
  CHECK_FALSE(force_breaker("directory", "", BreakerForce::open));
  auto state = std::make_shared<BreakerState>(BreakerLimits{}, BreakerName{"directory"});
  enlist_breaker(state);
  CHECK(force_breaker("directory", "", BreakerForce::open));
  CHECK_FALSE(state->try_enter(std::chrono::steady_clock::now() + 1h));
  CHECK(stats::exposition().find("outrigger_breaker_state{upstream=\"directory\"} 1") != std::string::npos);

  CHECK(force_breaker("directory", "", BreakerForce::closed));
  const Instant now = std::chrono::steady_clock::now();
  trip(*state, now);
  CHECK(position(*state, now) == BreakerPosition::closed);

  CHECK(force_breaker("directory", "", BreakerForce::automatic));
  trip(*state, now);
  CHECK(position(*state, now) == BreakerPosition::open);

  auto endpoint = std::make_shared<BreakerState>(BreakerLimits{}, BreakerName{"directory", "", "10.0.0.1:80"});
  enlist_breaker(endpoint);
  CHECK_FALSE(force_breaker("directory", "10.0.0.2:80", BreakerForce::open));
  CHECK(force_breaker("directory", "10.0.0.1:80", BreakerForce::open));
  CHECK(position(*endpoint, now) == BreakerPosition::open);
  CHECK(stats::exposition().find("outrigger_breaker_endpoints{upstream=\"directory\",state=\"open\"} 1") !=
        std::string::npos);
  CHECK(force_breaker("directory", "10.0.0.1:80", BreakerForce::automatic));
  endpoint.reset();
  state.reset();
  for (const BreakerInfo& info : breaker_snapshot()) CHECK(info.upstream != "directory");
}

TEST_CASE("a breaker says why it is in its state", "[filter][circuit_breaker]") {
  BreakerLimits limits;
  limits.slow = BreakerLimits::Slow{.over = 1s, .rate = 0.5};
  const auto reason_after = [&](auto fill) {
    BreakerState state(limits, {.upstream = "reasons"});
    fill(state);
    return state.info(kStart).reason;
  };
  CHECK(reason_after([](BreakerState& state) { trip(state, kStart); }) == "20 of 20 requests failed within 10s");
  CHECK(reason_after([](BreakerState& state) {
          for (int i = 0; i < 20; ++i) send(state, true, kStart, 2s);
        }) == "20 of 20 requests were slow within 10s");
  CHECK(reason_after([](BreakerState& state) {
          for (int i = 0; i < 5; ++i) send(state, false, kStart, 1ms, true);
        }) == "5 failures to connect in a row");
  CHECK(reason_after([](BreakerState& state) { state.force(BreakerForce::open, kStart); }) == "an operator opened it");
}

TEST_CASE("a window may count requests instead of time", "[filter][circuit_breaker]") {
  BreakerLimits limits;
  limits.window_requests = 40;
  BreakerState state(limits, {.upstream = "count"});
  for (int i = 0; i < 19; ++i) send(state, false, kStart);
  for (int i = 0; i < 25; ++i) send(state, true, kStart + 1h);
  CHECK(state.info(kStart + 1h).requests == 40);
  CHECK(state.info(kStart + 1h).failures == 15);  // four were pushed out
  for (int i = 0; i < 4; ++i) send(state, false, kStart + 2h);
  CHECK(position(state, kStart + 2h) == BreakerPosition::closed);  // these pushed out failures, too
  for (int i = 0; i < 16; ++i) send(state, false, kStart + 2h);
  CHECK(position(state, kStart + 2h) == BreakerPosition::open);
  CHECK(state.info(kStart + 2h).requests == 0);
}

// The hot path has no lock: many workers, failing and not, while an operator plays with it and others look.
TEST_CASE("a breaker is shared by workers", "[stress][circuit_breaker]") {
  BreakerLimits limits;
  limits.open_for = 1ms;
  limits.max_open = 2ms;
  BreakerState state(limits, {.upstream = "stress"});
  std::atomic<std::uint64_t> sent{0};
  std::atomic<bool> is_over{false};
  std::vector<std::thread> workers;
  for (std::size_t worker = 1; worker <= 4; ++worker) {
    workers.emplace_back([&, worker] {
      stats::set_worker(worker);
      for (int i = 0; i < 20000; ++i) {
        const Instant now = kStart + i * 10us;
        auto permit = state.try_enter(now);
        if (!permit) continue;
        ++sent;
        if (i % 7 == 0) continue;  // cancelled
        permit.report(i % 3 != 0, i % 5 == 0, 1ms, now);
      }
    });
  }
  std::thread operators([&] {
    for (int i = 0; !is_over; ++i) {
      (void)state.info(kStart);
      (void)state.retry_after(kStart);
      if (i % 16 == 0) state.force(i % 32 == 0 ? BreakerForce::automatic : BreakerForce::closed, kStart);
      std::this_thread::yield();
    }
  });
  for (std::thread& worker : workers) worker.join();
  is_over = true;
  operators.join();
  CHECK(sent > 0);
  // All probes were given back or reported: after a reset everything works as at first.
  state.force(BreakerForce::automatic, kStart);
  trip(state, kStart);
  const Instant later = kStart + 1s;
  for (int i = 0; i < 3; ++i) CHECK(send(state, true, later));
  CHECK(position(state, later) == BreakerPosition::closed);
}

TEST_CASE("no failure of several workers is lost to the window", "[stress][circuit_breaker]") {
  TimeWindow time(10s);
  CountWindow count(100000);
  std::vector<std::thread> workers;
  for (std::size_t worker = 1; worker <= 4; ++worker) {
    workers.emplace_back([&, worker] {
      stats::set_worker(worker);
      for (int i = 0; i < 10000; ++i) {
        time.record(1, i % 2 == 0, i % 4 == 0, kStart + i * 500us);
        count.record(1, i % 2 == 0, i % 4 == 0, kStart);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  for (const CallWindow* window : {static_cast<CallWindow*>(&time), static_cast<CallWindow*>(&count)}) {
    const CallCounts all = window->sum(1, kStart + 5s);
    CHECK(all.requests == 40000);
    CHECK(all.failures == 20000);
    CHECK(all.slow == 10000);
    CHECK(window->sum(2, kStart + 5s).requests == 0);
  }
}

}  // namespace outrigger::filters
