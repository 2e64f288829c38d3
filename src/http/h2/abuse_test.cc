// Floods: cheap frames in numbers end the connection with ENHANCE_YOUR_CALM; at an honest pace they do not.
#include "http/h2/abuse.h"

#include <catch2/catch.hpp>
#include <functional>

#include "http/h2/test_peer.h"

using namespace outrigger;
using namespace outrigger::http::h2;
using namespace outrigger::http::h2::test;

namespace {

struct Flood {
  Abuse kind;
  // The bytes of the nth attempt.
  std::function<std::string(std::uint32_t)> make;
};

std::uint32_t odd(std::uint32_t n) { return 2 * n + 1; }

std::vector<Flood> floods() {
  return {
      {Abuse::rapid_reset, [](auto n) { return headers(odd(n), get()) + reset(odd(n), ErrorCode::cancel); }},
      {Abuse::made_you_reset,
       [](auto n) { return headers(odd(n), post(), kEndHeaders) + window_update(odd(n), 0x7fffffff); }},
      {Abuse::continuation_flood,
       [](auto n) {
         return frame(kHeaders, kEndStream, odd(n), block(get())) + frame(kContinuation, kEndHeaders, odd(n), "") +
                reset(odd(n), ErrorCode::no_error);
       }},
      {Abuse::settings_flood, [](auto) { return frame(kSettings, 0, 0, ""); }},
      {Abuse::ping_flood, [](auto) { return frame(kPing, 0, 0, "12345678"); }},
      {Abuse::empty_data_flood, [](auto n) { return (n == 0 ? headers(1, post(), kEndHeaders) : "") + data(1, ""); }},
      {Abuse::priority_flood, [](auto) { return frame(kPriority, 0, 1, std::string("\0\0\0\0\x10", 5)); }},
      {Abuse::window_update_flood, [](auto) { return window_update(0, 1); }},
      {Abuse::unknown_frame_flood, [](auto) { return frame(0xbb, 0, 0, ""); }},
      {Abuse::header_expansion, [](auto n) { return headers(odd(n), get() + Pairs{{"x", std::string(9000, 'x')}}); }},
  };
}

// Sends until the connection ends, at most `limit` times; how often.
std::uint32_t attempts(Wire& server, const Flood& flood, std::uint32_t limit, std::uint64_t pause) {
  for (std::uint32_t n = 0; n < limit; ++n) {
    server.now += pause;
    server.send(flood.make(n));
    if (flood.kind != Abuse::empty_data_flood) server.streams.clear();
    server.output();
    if (!server.is_alive || server.session.is_over()) return n;
  }
  return limit;
}

}  // namespace

TEST_CASE("h2: a flood ends the connection and is named", "[h2]") {
  Session::Options options;
  options.limits.max_head = 8000;
  for (const Flood& flood : floods()) {
    INFO(describe(flood.kind).token);
    Wire server(options);
    const std::uint32_t burst = describe(flood.kind).burst;
    const std::uint32_t count = attempts(server, flood, burst + 10, 0);
    CHECK(count >= burst - 2);
    CHECK(count <= burst + 2);
    REQUIRE(server.session.abuse());
    CHECK(describe(*server.session.abuse()).token == describe(flood.kind).token);
    CHECK(server.session.error() == ErrorCode::enhance_your_calm);
  }
}

TEST_CASE("h2: the same frames at an honest pace go on", "[h2]") {
  Session::Options options;
  options.limits.max_head = 8000;
  for (const Flood& flood : floods()) {
    INFO(describe(flood.kind).token);
    Wire server(options);
    const std::uint64_t pause = 1000 / describe(flood.kind).per_second + 1;
    const std::uint32_t limit = describe(flood.kind).burst + 200;
    CHECK(attempts(server, flood, limit, pause) == limit);
    CHECK_FALSE(server.session.abuse());
  }
}

TEST_CASE("h2: a small block that expands without end stops the connection", "[h2]") {
  Wire server;
  const std::string entry = std::string("\x40", 1) + hpack_string("x") + hpack_string(std::string(4000, 'x'));
  server.send(frame(kHeaders, kEndHeaders | kEndStream, 1, block(get()) + entry));
  // Each byte stands for 4 KiB: 4,000 of them for 16 MiB.
  server.send(frame(kHeaders, kEndHeaders | kEndStream, 3, block(get()) + std::string(4000, '\xbe')));
  REQUIRE(server.session.abuse());
  CHECK(*server.session.abuse() == Abuse::header_expansion);
  CHECK(server.session.is_over());
}

TEST_CASE("h2: answers that nobody reads are not kept without end", "[h2]") {
  Wire server;
  std::string pings;
  for (int i = 0; i < 100; ++i) pings += frame(kPing, 0, 0, "12345678");
  bool is_alive = true;
  for (std::uint64_t i = 0; i < 1000 && is_alive; ++i) is_alive = server.session.receive(pings, i * 10'000);
  CHECK_FALSE(is_alive);
  REQUIRE(server.session.abuse());
  CHECK(*server.session.abuse() == Abuse::output_flood);
}

TEST_CASE("h2: content allows for the pings and window updates that come with it", "[h2]") {
  Wire server;
  server.send(headers(1, post(), kEndHeaders) + window_update(0, 1 << 24));
  for (int i = 0; i < 2000; ++i) {
    server.send(data(1, "x") + frame(kPing, 0, 0, "12345678"));
    server.session.consume_connection(1);
    server.session.consume_stream(server.stream(), 1);
  }
  CHECK_FALSE(server.session.abuse());
}
