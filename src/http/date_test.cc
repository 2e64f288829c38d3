#include <catch2/catch.hpp>

#include "outrigger/grammar.h"

namespace outrigger {

TEST_CASE("http date: the three forms of RFC 9110 section 5.6.7 are read", "[http]") {
  const std::pair<const char*, std::int64_t> cases[] = {
      {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},   {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
      {"Sun Nov  6 08:49:37 1994", 784111777},        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
      {"Tue, 29 Feb 2000 23:59:59 GMT", 951868799},   {"Thu, 31 Dec 2099 23:59:60 GMT", 4102444800},
      {"Tuesday, 01-Jan-69 00:00:00 GMT", 3124224000}};
  for (const auto& [text, expected] : cases) {
    INFO(text);
    CHECK(parse_http_date(text) == expected);
  }
}

TEST_CASE("http date: everything else is none", "[http]") {
  for (const char* text :
       {"", "5", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "Xxx, 06 Nov 1994 08:49:37 GMT", "Sun Nov 16 08:49:37 94",
        "Sun, -6 Nov 1994 08:49:37 GMT"}) {
    INFO(text);
    CHECK_FALSE(parse_http_date(text));
  }
}

}  // namespace outrigger
