#include "upstream/health/health_state.h"

#include <catch2/catch.hpp>

namespace outrigger::upstream {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart(1000s);

config::HealthCheck settings() {
  config::HealthCheck made;
  made.path = "/";
  return made;
}

void report(HealthState& state, int times, const std::string& error) {
  for (int i = 0; i < times; ++i) state.report(error, kStart);
}

}  // namespace

TEST_CASE("health: the first check decides at once", "[upstream]") {
  HealthState good("app", "a", settings(), {});
  REQUIRE(good.is_healthy());
  good.report("", kStart);
  REQUIRE(good.is_healthy());
  HealthState bad("app", "b", settings(), {});
  bad.report("refused", kStart);
  REQUIRE_FALSE(bad.is_healthy());
}

TEST_CASE("health: what is down stays so under other settings, until its next check", "[upstream]") {
  HealthBoard old("app", settings());
  const auto bad = old.state("bad");
  const auto good = old.state("good");
  bad->report("refused", kStart);
  good->report("", kStart);
  HealthBoard made("app", settings(), old.down());
  const auto state = made.state("bad");
  REQUIRE(made.state("good")->is_healthy());
  REQUIRE_FALSE(state->is_healthy());
  REQUIRE(state->view(kStart + 1s).is_known);
  REQUIRE(state->view(kStart + 1s).last_error == "refused");
  REQUIRE(state->view(kStart + 1s).since_last_error == Duration(1s));
  REQUIRE(state->claim(kStart));
  state->report("", kStart + 2s);
  REQUIRE(state->is_healthy());
}

TEST_CASE("health: three failures in a row and two successes in a row change it", "[upstream]") {
  HealthState state("app", "a", settings(), {});
  report(state, 1, "");
  report(state, 2, "bad");
  report(state, 1, "");
  report(state, 2, "bad");
  REQUIRE(state.is_healthy());
  report(state, 1, "bad");
  REQUIRE_FALSE(state.is_healthy());
  report(state, 1, "");
  report(state, 1, "bad");
  report(state, 1, "");
  REQUIRE_FALSE(state.is_healthy());
  state.report("", kStart + 5s);
  REQUIRE(state.is_healthy());
  REQUIRE(state.healthy_since() == kStart + 5s);
}

TEST_CASE("health: one worker makes each check, the next is due after the interval, sooner in doubt", "[upstream]") {
  HealthState state("app", "a", settings(), {});
  REQUIRE(state.claim(kStart));
  REQUIRE_FALSE(state.claim(kStart));
  REQUIRE_FALSE(state.claim(kStart + 5s));  // still waits for the result
  REQUIRE(state.claim(kStart + 6s));        // which never came
  state.report("", kStart);
  REQUIRE(state.until_due(kStart) >= 4500ms);
  REQUIRE(state.until_due(kStart) <= 5500ms);
  state.report("bad", kStart);
  REQUIRE(state.until_due(kStart) <= 1100ms);
}

TEST_CASE("health: the board counts who is unhealthy and forgets who is gone", "[upstream]") {
  HealthBoard board("app", settings());
  auto one = board.state("a");
  const auto other = board.state("b");
  REQUIRE(board.state("a") == one);
  one->report("bad", kStart);
  REQUIRE(board.unhealthy() == 1);
  one.reset();
  REQUIRE(board.unhealthy() == 0);
  REQUIRE(board.state("a")->is_healthy());
}

}  // namespace outrigger::upstream
