#include "proxy/forwarding/http_date.h"

#include <catch2/catch.hpp>

using namespace outrigger;
using namespace std::chrono_literals;

TEST_CASE("date: seconds since 1970 in the form of RFC 9110", "[proxy]") {
  const auto at = [](auto since) { return proxy::http_date(WallTime(since)); };
  REQUIRE(at(0s) == "Thu, 01 Jan 1970 00:00:00 GMT");
  REQUIRE(at(784111777s) == "Sun, 06 Nov 1994 08:49:37 GMT");
  REQUIRE(at(784111777s + 999ms) == "Sun, 06 Nov 1994 08:49:37 GMT");
  REQUIRE(at(784111778s) == "Sun, 06 Nov 1994 08:49:38 GMT");
  REQUIRE(at(1709210096s) == "Thu, 29 Feb 2024 12:34:56 GMT");
}
