#include "upstream/health/outlier_group.h"

#include <catch2/catch.hpp>
#include <latch>
#include <thread>

#include "upstream/health/outlier_gates.h"

namespace outrigger::upstream {
namespace {

using namespace std::chrono_literals;
using State = std::shared_ptr<OutlierGroup::State>;

constexpr Instant kStart(1000s);

struct Bench {
  explicit Bench(std::size_t endpoints, const config::Outlier& settings = {}) : group("app", settings) {
    for (std::size_t i = 0; i < endpoints; ++i) states.push_back(group.state("endpoint" + std::to_string(i)));
  }
  void results(std::size_t endpoint, int good, int bad, Instant now = kStart) {
    for (int i = 0; i < good; ++i) group.on_result(*states[endpoint], false, now);
    for (int i = 0; i < bad; ++i) group.on_result(*states[endpoint], true, now);
  }
  OutlierGroup group;
  std::vector<State> states;
};

}  // namespace

TEST_CASE("outlier: failures in a row eject, a success between them does not", "[upstream]") {
  Bench bench(3);
  bench.results(0, 0, 4);
  bench.results(0, 1, 4);
  REQUIRE_FALSE(bench.states[0]->is_ejected(kStart));
  bench.results(0, 0, 1);
  REQUIRE(bench.states[0]->is_ejected(kStart));
  REQUIRE(bench.states[0]->is_ejected(kStart + 9s));
  REQUIRE_FALSE(bench.states[0]->is_ejected(kStart + 12s));
  REQUIRE(bench.group.ejected(kStart) == 1);
}

TEST_CASE("outlier: an answer whose client left while it stalled is no success between failures", "[upstream]") {
  const auto group = std::make_shared<OutlierGroup>("app", config::Outlier{});
  const auto gates = make_outlier_gates(group);
  const auto other = gates->make_gate("other");
  const auto bad = gates->make_gate("bad");
  for (int i = 0; i < 4; ++i) bad->on_result({.status = 503}, kStart);
  bad->on_result({.status = 200, .is_left = true}, kStart);
  REQUIRE(bad->may_pick(kStart) == EndpointGate::Verdict::yes);
  bad->on_result({.status = 503, .is_left = true}, kStart);
  REQUIRE(bad->may_pick(kStart) == EndpointGate::Verdict::avoid);
}

TEST_CASE("outlier: one failure after an ejection ejects again, for longer; good times make it short again",
          "[upstream]") {
  Bench bench(3);
  bench.results(0, 0, 5);
  bench.results(0, 0, 1, kStart + 12s);
  REQUIRE(bench.states[0]->is_ejected(kStart + 12s + 19s));
  REQUIRE_FALSE(bench.states[0]->is_ejected(kStart + 12s + 23s));
  const Instant later = kStart + 12s + 23s + 50s;
  bench.results(0, 1, 0, later);
  bench.results(0, 0, 5, later);
  REQUIRE_FALSE(bench.states[0]->is_ejected(later + 12s));
}

TEST_CASE("outlier: at most max_ejected are out, and never a single endpoint", "[upstream]") {
  const auto out = [](std::size_t endpoints) {
    Bench bench(endpoints);
    for (std::size_t i = 0; i < endpoints; ++i) bench.results(i, 0, 50);
    return bench.group.ejected(kStart);
  };
  REQUIRE(out(1) == 0);
  REQUIRE(out(2) == 1);
  REQUIRE(out(3) == 1);
  REQUIRE(out(4) == 2);
}

TEST_CASE("outlier: an endpoint whose success rate is far below the others' is ejected", "[upstream]") {
  config::Outlier settings;
  settings.consecutive_failures = 0;
  settings.success_rate = config::OutlierSuccessRate{};
  Bench bench(3, settings);
  bench.results(0, 1, 0);  // the first interval begins
  SECTION("far below") {
    bench.results(0, 50, 50);
    bench.results(1, 95, 5);
    bench.results(2, 95, 5);
    bench.results(1, 1, 0, kStart + 11s);
    REQUIRE(bench.states[0]->is_ejected(kStart + 11s));
    REQUIRE(bench.group.ejected(kStart + 11s) == 1);
  }
  SECTION("all alike") {
    for (std::size_t i = 0; i < 3; ++i) bench.results(i, 50, 50);
    bench.results(1, 1, 0, kStart + 11s);
    REQUIRE(bench.group.ejected(kStart + 11s) == 0);
  }
  SECTION("too few requests") {
    bench.results(0, 0, 20);
    bench.results(1, 95, 5);
    bench.results(1, 1, 0, kStart + 11s);
    REQUIRE(bench.group.ejected(kStart + 11s) == 0);
  }
}

TEST_CASE("outlier: workers that eject at the same time keep to max_ejected, and eject none twice",
          "[upstream][stress]") {
  for (int round = 0; round < 300; ++round) {
    Bench bench(4);
    for (std::size_t endpoint = 0; endpoint < 4; ++endpoint) bench.results(endpoint, 0, 4);
    std::latch all_there(8);
    std::vector<std::thread> workers;
    for (std::size_t worker = 0; worker < 8; ++worker) {
      workers.emplace_back([&, worker] {
        all_there.arrive_and_wait();
        bench.results(worker % 4, 0, 1);
      });
    }
    for (std::thread& worker : workers) worker.join();
    REQUIRE(bench.group.ejected(kStart) == 2);
    for (const State& state : bench.states) REQUIRE_FALSE(state->is_ejected(kStart + 12s));  // the first one's length
  }
}

TEST_CASE("outlier: an endpoint that nobody uses any more is forgotten", "[upstream]") {
  Bench bench(2);
  bench.results(0, 0, 5);
  REQUIRE(bench.group.state("endpoint0") == bench.states[0]);
  bench.states.erase(bench.states.begin());
  REQUIRE(bench.group.ejected(kStart) == 0);
  REQUIRE_FALSE(bench.group.state("endpoint0")->is_ejected(kStart));
}

}  // namespace outrigger::upstream
