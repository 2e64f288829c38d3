#include "filters/circuit_breaker/circuit_breaker.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <thread>

#include "filters/circuit_breaker/breaker_directory.h"
#include "filters/circuit_breaker/endpoint_breakers.h"
#include "filters/registry.h"
#include "support/chain_harness.h"

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
  auto state =
      std::make_shared<BreakerState>(BreakerLimits{}, BreakerName{"directory", "", "upstreams.directory.filters[0]"});
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

  auto endpoint = std::make_shared<BreakerState>(BreakerLimits{}, BreakerName{"directory", "", "", "10.0.0.1:80"});
  enlist_breaker(endpoint);
  CHECK_FALSE(force_breaker("directory", "10.0.0.2:80", BreakerForce::open));
  CHECK(force_breaker("directory", "10.0.0.1:80", BreakerForce::open));
  CHECK(position(*endpoint, now) == BreakerPosition::open);
  CHECK(stats::exposition().find("outrigger_breaker_endpoints{upstream=\"directory\",state=\"open\"} 1") !=
        std::string::npos);
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

namespace {

// A breaker for each endpoint, as the balancer sees it.
struct Gated {
  explicit Gated(BreakerLimits limits = {}, std::vector<std::string> failures = {"5xx", "connect-failure", "reset"})
      : maker(Conditions(failures), [this, limits](std::string_view endpoint) {
          auto& state = states[std::string(endpoint)];
          if (!state)
            state = std::make_shared<BreakerState>(limits, BreakerName{"gated", "", "", std::string(endpoint)});
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

using test::Answer;
using test::ChainHarness;

TEST_CASE("circuit_breaker: what counts as failed, and what says nothing", "[filter][circuit_breaker]") {
  struct Case {
    const char* what;
    const char* options;
    Answer answer;
    bool opens;
  };
  const Case cases[] = {
      {"500s", "{}", 500, true},
      {"404s", "{}", 404, false},
      {"404s if asked for", "{failures: [404]}", 404, true},
      {"resets", "{}", Failure::upstream_reset, true},
      {"timeouts", "{}", Failure::upstream_timeout, true},
      {"uploads that stall", "{}", Failure::upstream_write_timeout, true},
      {"answers that break off", "{}", Answer(200).breaks_off(Failure::response_truncated), true},
      {"answers that make no sense", "{}", Answer(200).breaks_off(Failure::response_bad_chunk), true},
      {"answers that stall", "{}", Answer(200).breaks_off(Failure::response_body_timeout), true},
      {"answers that break off, not listed", "{failures: [5xx]}", Answer(200).breaks_off(Failure::response_truncated),
       false},
      {"bad certificates", "{}", Failure::upstream_certificate, false},
      {"clients that leave", "{}", Failure::client_gone, false},
      {"a full queue", "{}", Failure::queue_full, false},
      {"failures to connect", "{min_requests: 1000000}", Failure::connect_failed, true},
      {"failures to connect, not looked at", "{min_requests: 1000000, connect_failures: 0}", Failure::connect_failed,
       false},
      {"slow answers", "{slow_call: {over: 1s}, window: 1m}", Answer(200).after(2s), true},
      {"answers that are not slow", "{slow_call: {over: 1s}, window: 1m}", Answer(200).after(1s), false},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    ChainHarness chain(std::string("circuit_breaker: ") + c.options);
    chain.upstream_answers({c.answer});
    for (int i = 0; i < 20; ++i) chain.send("GET /");
    CHECK((chain.send("GET /").failure == Failure::breaker_open) == c.opens);
  }
}

TEST_CASE("circuit_breaker: an answer that breaks off counts once, as failed", "[filter][circuit_breaker]") {
  for (const auto& [options, calls] : {std::pair{"{}", 22}, {"{window_requests: 20}", 21}}) {
    INFO(options);
    ChainHarness chain(std::string("circuit_breaker: ") + options);
    const auto send = [&](int count, const Answer& answer) {
      chain.upstream_answers({answer});
      for (int i = 0; i < count; ++i) chain.send("GET /");
    };
    send(11, 200);
    send(9, Answer(200).breaks_off(Failure::response_truncated));
    CHECK(chain.send("GET /").failure == Failure::none);  // the tenth of 21, or of the last 20
    send(1, Answer(200).breaks_off(Failure::response_truncated));
    CHECK(chain.send("GET /").failure == Failure::breaker_open);
    CHECK(chain.upstream_calls() == calls);
  }
}

TEST_CASE("circuit_breaker: each try that breaks off counts, a retry's first too", "[filter][circuit_breaker]") {
  ChainHarness chain("[{retry: {}}, {circuit_breaker: {min_requests: 2}}]");
  chain.upstream_answers({503, Answer(200).breaks_off(Failure::response_truncated)});
  chain.send("GET /");
  CHECK(chain.upstream_calls() == 2);
  CHECK(chain.send("GET /").failure == Failure::breaker_open);
}

TEST_CASE("circuit_breaker: a refusal says when to come back, and spares the service", "[filter][circuit_breaker]") {
  ChainHarness chain("circuit_breaker: {open_for: 10s}");
  chain.upstream_answers({500});
  for (int i = 0; i < 20; ++i) chain.send("GET /");
  const auto refused = chain.send("GET /");
  CHECK(refused.status == 503);
  CHECK(std::stoi(refused.field("Retry-After")) >= 9);
  CHECK(std::stoi(refused.field("Retry-After")) <= 11);
  CHECK(refused.why == "the circuit breaker is open: the service failed too often");
  CHECK(chain.upstream_calls() == 20);

  chain.advance(12s);
  chain.upstream_answers({200});
  for (int i = 0; i < 10; ++i) CHECK(chain.send("GET /").status == 200);
}

TEST_CASE("circuit_breaker: a client that leaves gives its probe back", "[filter][circuit_breaker]") {
  ChainHarness chain("circuit_breaker: {probes: 1}");
  chain.upstream_answers({500});
  for (int i = 0; i < 20; ++i) chain.send("GET /");
  chain.advance(6s);
  chain.upstream_answers({Answer(200).after(1s)});
  chain.send_and_leave("GET /");
  CHECK(chain.send("GET /").status == 200);
}

TEST_CASE("circuit_breaker: with the scope route, each route has its own", "[filter][circuit_breaker]") {
  ChainHarness chain("circuit_breaker: {scope: route}");
  chain.upstream_answers({500});
  for (int i = 0; i < 20; ++i) chain.send("GET /");
  CHECK(chain.send("GET /").failure == Failure::breaker_open);
  chain.set_route("another");
  CHECK(chain.send("GET /").status == 500);
  int found = 0;
  for (const BreakerInfo& info : breaker_snapshot()) {
    if (info.upstream == "app" && info.route == "another") ++found;
  }
  CHECK(found == 1);
}

TEST_CASE("circuit_breaker: contradictions are refused with the file", "[filter][circuit_breaker]") {
  const std::pair<const char*, const char*> cases[] = {
      {"circuit_breaker: {failure_rate: 0%}", "failure_rate is 0%"},
      {"circuit_breaker: {open_for: 2m}", "open_for is longer than max_open"},
      {"circuit_breaker: {window_requests: 10}", "less than min_requests"},
      {"circuit_breaker: {slow_call: {rate: 50%}}", "missing key \"over\""},
      {"circuit_breaker: {slow_call: {over: 1s, rate: 0%}}", "rate is 0%"},
      {"circuit_breaker: {failures: [6xx]}", "unknown condition"},
      {"circuit_breaker: {scope: rout}", "did you mean \"route\""},
      {"circuit_breaker: {window: 5ms}", "5ms is out of range: 10ms to 1h"},  // shorter than its ten buckets
  };
  for (const auto& [filter, expected] : cases) {
    INFO(filter);
    CHECK(ChainHarness::errors(filter).find(expected) != std::string::npos);
  }
}

TEST_CASE("circuit_breaker: a slow_call that no answer can be slow enough for is a warning",
          "[filter][circuit_breaker]") {
  const auto warnings = [](const std::string& timeouts, const std::string& filters, const std::string& route = "") {
    std::string text;
    const config::LoadResult loaded = config::load_text(
        "listeners: [{address: 8080, timeouts: {" + timeouts + "}, routes: [{filters: [" + route +
            "], upstream: app}]}]\nupstreams: {app: {endpoints: ['127.0.0.1:1'], filters: [" + filters + "]}}\n",
        "f.yaml", catalog());
    REQUIRE(loaded.settings);
    for (const auto& diagnostic : loaded.diagnostics) text += diagnostic.path + ": " + diagnostic.message + "\n";
    return text;
  };
  const std::string slow = "circuit_breaker: {slow_call: {over: 20s}}";
  CHECK(
      warnings("", slow) ==
      "upstreams.app.filters[0].circuit_breaker.slow_call.over: 20s for an answer cannot be seen: it is given up after "
      "backend_request, 15s\n");
  CHECK(warnings("backend_request: 30s", slow).empty());
  CHECK(warnings("request: 5s", slow).find("given up after request, 5s") != std::string::npos);
  CHECK(warnings("", "circuit_breaker: {slow_call: {over: 2s}}").empty());
  CHECK(warnings("", "retry: {}, " + slow).find("backend_request, 15s") != std::string::npos);
  // Around the retry all tries are one call.
  CHECK(warnings("", slow + ", retry: {}").empty());
  CHECK(warnings("request: 10s", slow + ", retry: {}").find("request, 10s") != std::string::npos);
  CHECK(warnings("", "", slow).empty());
  CHECK(warnings("request: 10s", "", slow)
            .find("listeners[0].routes[0].filters[0].circuit_breaker.slow_call.over: 20s") == 0);
}

TEST_CASE("circuit_breaker: the scope endpoint goes with an upstream's filters only", "[filter][circuit_breaker]") {
  const char* const kFilter = "{circuit_breaker: {scope: endpoint}}";
  const std::pair<std::string, const char*> cases[] = {
      {std::string("listeners: [{address: 8080, filters: [") + kFilter +
           "], upstream: a}]\nupstreams: {a: 127.0.0.1:1}",
       "1:39: listeners[0].filters[0].circuit_breaker: works per endpoint"},
      {std::string("listeners: [{address: 8080, routes: [{filters: [") + kFilter +
           "], upstream: a}]}]\nupstreams: {a: 127.0.0.1:1}",
       "routes[0].filters[0].circuit_breaker: works per endpoint"},
  };
  for (const auto& [text, expected] : cases) {
    const config::LoadResult loaded = config::load_text(text, "f.yaml", catalog());
    REQUIRE_FALSE(loaded.settings);
    CHECK(config::render(loaded.diagnostics.at(0), false).find(expected) != std::string::npos);
  }
  const std::string five =
      std::string("[") + kFilter + "," + kFilter + "," + kFilter + "," + kFilter + "," + kFilter + "]";
  CHECK(ChainHarness::errors(five).find("more than 4 filters work per endpoint") != std::string::npos);
}

}  // namespace outrigger::filters
