#include "server/lifecycle.h"

#include <catch2/catch.hpp>

namespace outrigger::server {
namespace {

using namespace std::chrono_literals;

struct Bench {
  EventLoop loop;
  std::size_t open = 1;
  int warnings = 0;
  int stops = 0;
  int ends = 0;
  Lifecycle lifecycle{loop,
                      {.let_go = [this] { ++warnings; },
                       .stop_accepting = [this] { ++stops; },
                       .open_connections = [this] { return open; },
                       .end = [this] { ++ends; }}};

  void pass(Duration time) {
    Timer timer(loop, [this] { loop.stop(); });
    timer.start(time);
    loop.run();
  }
};

constexpr config::Shutdown kLong{.not_ready = 0ms, .drain = 1h};
constexpr config::Shutdown kShort{.not_ready = 0ms, .drain = 1ms};

}  // namespace

TEST_CASE("lifecycle: drained is only what has no connection left", "[server]") {
  Bench bench;
  bench.lifecycle.drain(kShort);
  bench.pass(100ms);
  CHECK(bench.lifecycle.phase() == Phase::draining);
  CHECK(bench.lifecycle.is_overdue());
  bench.open = 0;
  bench.pass(100ms);
  CHECK(bench.lifecycle.phase() == Phase::drained);
  CHECK(bench.warnings == 1);
  CHECK(bench.stops == 1);
  CHECK(bench.ends == 0);  // it stays until it is told to end
}

TEST_CASE("lifecycle: a signal during a drain does not begin its time anew", "[server]") {
  Bench bench;
  SECTION("what is left is left") {
    bench.lifecycle.drain(kShort);
    bench.lifecycle.terminate(kLong, false);
    bench.pass(100ms);
  }
  SECTION("nothing is left") {
    bench.lifecycle.drain(kShort);
    bench.pass(100ms);
    bench.lifecycle.terminate(kLong, false);
  }
  CHECK(bench.ends == 1);
  CHECK(bench.open == 1);
}

TEST_CASE("lifecycle: what remains when it ends may close without a second end", "[server]") {
  Bench bench;
  SECTION("its time to drain is over") { bench.lifecycle.terminate(kShort, false); }
  SECTION("a drain was overdue before the signal") {
    bench.lifecycle.drain(kShort);
    bench.pass(100ms);
    bench.lifecycle.terminate(kLong, false);
  }
  SECTION("a second signal") {
    bench.lifecycle.terminate(kLong, true);
    bench.lifecycle.terminate(kLong, true);
  }
  bench.pass(100ms);
  REQUIRE(bench.ends == 1);
  bench.open = 0;
  bench.pass(100ms);
  CHECK(bench.ends == 1);
  CHECK(bench.stops == 1);
}

TEST_CASE("lifecycle: a second signal before the drain stops accepting too", "[server]") {
  Bench bench;
  bench.lifecycle.terminate({.not_ready = 1h, .drain = 1h}, false);
  bench.lifecycle.terminate({.not_ready = 1h, .drain = 1h}, false);
  CHECK(bench.ends == 1);
  CHECK(bench.stops == 1);
}

TEST_CASE("lifecycle: SIGTERM ends a process that has drained at once, and a second signal any", "[server]") {
  Bench bench;
  SECTION("drained") {
    bench.open = 0;
    bench.lifecycle.drain(kLong);
    bench.pass(100ms);
    REQUIRE(bench.lifecycle.phase() == Phase::drained);
    bench.lifecycle.terminate(kLong, false);
  }
  SECTION("a second signal") {
    bench.lifecycle.terminate(kLong, true);
    bench.pass(100ms);
    REQUIRE(bench.ends == 0);
    bench.lifecycle.terminate(kLong, true);
  }
  CHECK(bench.ends == 1);
}

}  // namespace outrigger::server
