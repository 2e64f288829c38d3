#include "upstream/endpoint.h"

#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace outrigger::upstream {
namespace {

using namespace std::chrono_literals;

// A connection and the service's end of it.
struct Pair {
  explicit Pair(EventLoop& loop) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    service = ends[0];
    connection = std::make_unique<Connection>(loop, std::make_unique<net::Socket>(loop, ends[1]), stats::Gauge());
  }
  ~Pair() {
    if (service >= 0) ::close(service);
  }
  void close_service() { ::close(std::exchange(service, -1)); }
  bool is_closed() const {
    char byte;
    return ::recv(service, &byte, 1, MSG_DONTWAIT) == 0;
  }
  int service;
  std::unique_ptr<Connection> connection;
};

void pass(EventLoop& loop, Duration time) {
  Timer timer(loop, [&] { loop.stop(); });
  timer.start(time);
  loop.run();
}

}  // namespace

TEST_CASE("pool: the connection that was used last comes first", "[upstream]") {
  EventLoop loop;
  Endpoint endpoint("a", {});
  Pair one(loop), two(loop);
  Connection* newest = two.connection.get();
  endpoint.keep_idle(std::move(one.connection), 1min);
  endpoint.keep_idle(std::move(two.connection), 1min);
  REQUIRE(endpoint.idle() == 2);
  REQUIRE(endpoint.take_idle(true).get() == newest);
  REQUIRE(endpoint.idle() == 1);
}

TEST_CASE("pool: a connection that the service closed is not given out", "[upstream]") {
  EventLoop loop;
  Endpoint endpoint("a", {});
  Pair pair(loop);
  endpoint.keep_idle(std::move(pair.connection), 1min);
  SECTION("the close is in the kernel only") {
    pair.close_service();
    REQUIRE(endpoint.take_idle(true) == nullptr);
  }
  SECTION("bytes that nobody asked for") {
    REQUIRE(::send(pair.service, "x", 1, 0) == 1);
    REQUIRE(endpoint.take_idle(true) == nullptr);
  }
  SECTION("the loop has seen it") {
    pair.close_service();
    pass(loop, 1ms);
    REQUIRE(endpoint.idle() == 0);
    REQUIRE(endpoint.take_idle(false) == nullptr);
  }
  REQUIRE(endpoint.idle() == 0);
}

TEST_CASE("pool: an idle connection ends after its time", "[upstream]") {
  EventLoop loop;
  Endpoint endpoint("a", {});
  Pair pair(loop);
  endpoint.keep_idle(std::move(pair.connection), 5ms);
  pass(loop, 20ms);
  REQUIRE(endpoint.idle() == 0);
  REQUIRE(pair.is_closed());
}

TEST_CASE("pool: when it is full the one that was idle longest makes room", "[upstream]") {
  EventLoop loop;
  constexpr std::size_t kMostIdle = 5;
  Endpoint endpoint("a", {});
  endpoint.set_most_idle(kMostIdle);
  Pair oldest(loop);
  endpoint.keep_idle(std::move(oldest.connection), 1min);
  std::vector<std::unique_ptr<Pair>> others;
  for (std::size_t i = 0; i < kMostIdle; ++i) {
    others.push_back(std::make_unique<Pair>(loop));
    endpoint.keep_idle(std::move(others.back()->connection), 1min);
  }
  REQUIRE(endpoint.idle() == kMostIdle);
  REQUIRE(oldest.is_closed());
  REQUIRE_FALSE(others.front()->is_closed());
}

TEST_CASE("pool: an endpoint that is retired keeps nothing", "[upstream]") {
  EventLoop loop;
  Endpoint endpoint("a", {});
  Pair kept(loop), later(loop);
  endpoint.keep_idle(std::move(kept.connection), 1min);
  endpoint.retire();
  REQUIRE(kept.is_closed());
  endpoint.keep_idle(std::move(later.connection), 1min);
  REQUIRE(later.is_closed());
}

}  // namespace outrigger::upstream
