#include "proxy/downstream/client_connections.h"

#include <catch2/catch.hpp>

namespace outrigger::proxy {

using namespace std::chrono_literals;

namespace {

std::optional<ClientKey> key(const char* address) { return client_key(net::Address::parse(address).value()); }

}  // namespace

TEST_CASE("connections per client: an IPv4 address or an IPv6 /64 is one client", "[proxy]") {
  CHECK(key("10.0.0.1:5") == key("10.0.0.1:6"));
  CHECK(key("10.0.0.1:5") != key("10.0.0.2:5"));
  CHECK(key("10.0.0.1:5") == key("[::ffff:10.0.0.1]:5"));
  CHECK(key("[::ffff:10.0.0.1]:5") != key("[::ffff:10.0.0.2]:5"));
  CHECK(key("[2001:db8:0:1::1]:5") == key("[2001:db8:0:1:ffff::9]:5"));
  CHECK(key("[2001:db8:0:1::1]:5") != key("[2001:db8:0:2::1]:5"));
  CHECK(key("[::1]:5") != key("127.0.0.1:5"));
  CHECK_FALSE(key("unix:/run/a.sock"));
}

TEST_CASE("connections per client: what is given back can be taken again, and others are not touched", "[proxy]") {
  ClientConnections connections;
  REQUIRE(connections.take(1, 2));
  REQUIRE(connections.take(1, 2));
  REQUIRE_FALSE(connections.take(1, 2));
  REQUIRE(connections.take(2, 2));
  REQUIRE(connections.take(1, 3));  // a reload raised the limit
  connections.give_back(1);
  connections.give_back(1);
  REQUIRE(connections.take(1, 2));
  REQUIRE_FALSE(connections.take(1, 2));
}

TEST_CASE("connections per client: the log hears of refusals every ten seconds", "[proxy]") {
  ClientConnections connections;
  const Instant begin = Instant() + 1h;
  REQUIRE(connections.refusals().count(begin) == 1);
  for (int i = 0; i < 100; ++i) REQUIRE_FALSE(connections.refusals().count(begin + 5s));
  REQUIRE(connections.refusals().count(begin + 10s) == 101);
}

}  // namespace outrigger::proxy
