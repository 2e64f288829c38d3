#include "filters/circuit_breaker/endpoint_breakers.h"

#include <catch2/catch.hpp>
#include <map>

using namespace std::chrono_literals;

namespace outrigger::filters {
namespace {

constexpr Instant kStart(1000s);

BreakerPosition position(const BreakerState& state, Instant now) { return state.info(now).state; }

// A breaker for each endpoint, as the balancer sees it.
struct Gated {
  explicit Gated(BreakerLimits limits = {}, std::vector<std::string> failures = {"5xx", "connect-failure", "reset"})
      : maker(Conditions(failures), [this, limits](std::string_view endpoint) {
          auto& state = states[std::string(endpoint)];
          if (!state) state = std::make_shared<BreakerState>(limits, BreakerName{"gated", "", std::string(endpoint)});
          return state;
        }) {}
  static void answer(EndpointGate& gate, TryOutcome outcome, Instant now) {
    outcome.ticket = gate.on_pick(now);
    gate.on_result(outcome, now);
  }
  std::map<std::string, std::shared_ptr<BreakerState>> states;
  EndpointBreakers maker;
};

}  // namespace

TEST_CASE("circuit_breaker: with the scope endpoint each endpoint has its own", "[filter][circuit_breaker]") {
  using Verdict = EndpointGate::Verdict;
  Gated gated;
  const auto bad = gated.maker.make_gate("bad");
  const auto bad_elsewhere = gated.maker.make_gate("bad");  // the same endpoint on another worker
  const auto good = gated.maker.make_gate("good");
  for (int i = 0; i < 20; ++i) {
    Gated::answer(*bad, {.status = 500}, kStart);
    Gated::answer(*good, {.status = 200}, kStart);
  }
  CHECK(bad->may_pick(kStart) == Verdict::no);
  CHECK(bad_elsewhere->may_pick(kStart) == Verdict::no);
  CHECK(good->may_pick(kStart) == Verdict::yes);

  const Instant later = kStart + 6s;
  CHECK(bad->may_pick(later) == Verdict::yes);
  PickTicket probes[3];
  for (PickTicket& probe : probes) probe = bad->on_pick(later);
  CHECK(bad_elsewhere->may_pick(later) == Verdict::no);  // all probes are taken
  bad->on_cancel(probes[0]);
  CHECK(bad_elsewhere->may_pick(later) == Verdict::yes);
  for (int i = 1; i < 3; ++i) bad->on_result({.status = 200, .ticket = probes[i]}, later);
  Gated::answer(*bad_elsewhere, {.status = 200}, later);
  CHECK(position(*gated.states["bad"], later) == BreakerPosition::closed);
  CHECK(bad->good_since() == later);
}

TEST_CASE("circuit_breaker: what the gate of an endpoint counts", "[filter][circuit_breaker]") {
  struct Case {
    const char* what;
    TryOutcome outcome;
    bool opens;
  };
  const Case cases[] = {
      {"500s", {.status = 500}, true},
      {"404s", {.status = 404}, false},
      {"answers that break off", {.status = 200, .cut = Failure::response_truncated}, true},
      {"answers that stall, not listed", {.status = 200, .cut = Failure::response_body_timeout}, false},
      {"resets", {.failure = Failure::upstream_reset}, true},
      {"what is not listed", {.failure = Failure::upstream_timeout}, false},
      {"slow answers", {.status = 200, .duration = 2s}, true},
      {"answers that clients left", {.status = 200, .is_left = true}, false},
      {"500s whose content clients left", {.status = 500, .is_left = true}, true},
      {"waits of more than slow_call that clients left", {.is_left = true, .duration = 2s}, true},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    BreakerLimits limits;
    limits.slow = BreakerLimits::Slow{.over = 1s, .rate = 0.5};
    Gated gated(limits);
    const auto gate = gated.maker.make_gate("a");
    for (int i = 0; i < 20; ++i) Gated::answer(*gate, c.outcome, kStart);
    CHECK((gate->may_pick(kStart) == EndpointGate::Verdict::no) == c.opens);
  }
}

TEST_CASE("circuit_breaker: a probe at an endpoint whose client left is given back", "[filter][circuit_breaker]") {
  Gated gated;
  const auto gate = gated.maker.make_gate("a");
  for (int i = 0; i < 20; ++i) Gated::answer(*gate, {.status = 500}, kStart);
  const Instant later = kStart + 6s;
  for (int i = 0; i < 9; ++i) {
    const PickTicket ticket = gate->on_pick(later);
    if (i % 2 == 0) gate->on_answer(ticket, later);
    gate->on_result({.status = static_cast<std::uint16_t>(i % 2 == 0 ? 200 : 0), .is_left = true, .ticket = ticket},
                    later);
  }
  CHECK(position(*gated.states["a"], later) == BreakerPosition::half_open);
  CHECK(gate->may_pick(later + 1h) == EndpointGate::Verdict::yes);
  for (int i = 0; i < 3; ++i) Gated::answer(*gate, {.status = 200}, later);
  CHECK(position(*gated.states["a"], later) == BreakerPosition::closed);
}

TEST_CASE("circuit_breaker: a try that began before a transition does not count for an endpoint either",
          "[filter][circuit_breaker]") {
  Gated gated;
  const auto gate = gated.maker.make_gate("a");
  const PickTicket late = gate->on_pick(kStart);
  for (int i = 0; i < 20; ++i) Gated::answer(*gate, {.status = 500}, kStart);
  const Instant later = kStart + 6s;
  Gated::answer(*gate, {.status = 200}, later);
  gate->on_result({.status = 500, .ticket = late}, later);
  CHECK(position(*gated.states["a"], later) == BreakerPosition::half_open);
}

}  // namespace outrigger::filters
