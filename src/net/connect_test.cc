#include "net/connect.h"

#include <catch2/catch.hpp>

namespace outrigger::net {

TEST_CASE("connect: the families of a name's addresses take turns, the first one first", "[net]") {
  struct Case {
    const char* name;
    std::vector<std::string> given, tried;
  };
  const Case cases[] = {
      {"one family keeps its order", {"1.1.1.1:1", "1.1.1.2:1", "1.1.1.3:1"}, {"1.1.1.1:1", "1.1.1.2:1", "1.1.1.3:1"}},
      {"IPv6 first",
       {"[::1]:1", "[::2]:1", "1.1.1.1:1", "1.1.1.2:1"},
       {"[::1]:1", "1.1.1.1:1", "[::2]:1", "1.1.1.2:1"}},
      {"IPv4 first", {"1.1.1.1:1", "1.1.1.2:1", "[::1]:1"}, {"1.1.1.1:1", "[::1]:1", "1.1.1.2:1"}},
      {"more of the second", {"1.1.1.1:1", "[::1]:1", "[::2]:1"}, {"1.1.1.1:1", "[::1]:1", "[::2]:1"}},
  };
  for (const Case& each : cases) {
    INFO(each.name);
    std::vector<Address> addresses;
    for (const std::string& text : each.given) addresses.push_back(Address::parse(text).value());
    std::vector<std::string> tried;
    for (const Address& address : alternate_families(addresses)) tried.push_back(address.text());
    CHECK(tried == each.tried);
  }
}

// A name's last good answer may expire while a request waits.
TEST_CASE("connect: to no address is a failure", "[net]") {
  EventLoop loop;
  WaitSlot slot;
  const auto make = [&](int fd) { return std::make_unique<Socket>(loop, fd); };
  Connect connect(loop, {}, make, std::chrono::seconds(1), slot);
  REQUIRE(connect.await_ready());
  const Connect::Result result = connect.await_resume();
  REQUIRE_FALSE(result.transport);
  REQUIRE(result.failure == Failure::connect_failed);
  REQUIRE(result.detail == "there is no address");
}

}  // namespace outrigger::net
