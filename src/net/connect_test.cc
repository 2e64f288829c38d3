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

}  // namespace outrigger::net
