#include "base/regex.h"

#include <catch2/catch.hpp>

#include <array>

using outrigger::base::Regex;

TEST_CASE("regex: matches the whole text, replaces every match", "[base][regex]") {
  const auto regex = Regex::compile("/user/(\\d+)");
  REQUIRE(regex);
  REQUIRE(regex->matches("/user/42"));
  REQUIRE_FALSE(regex->matches("/user/42/x"));
  REQUIRE(regex->found_in("/a/user/42/x"));
  REQUIRE(regex->replace("/user/1/user/2", "/u\\1") == "/u1/u2");
}

TEST_CASE("regex: a bad pattern is an error, not a log line", "[base][regex]") {
  REQUIRE(Regex::compile("(a").error().find("missing )") != std::string::npos);
}

TEST_CASE("a pattern is found inside a text, with its groups by name", "[base]") {
  const auto regex = Regex::compile("(?P<level>[A-Z]+) (x)?(?P<kind>\\w+)");
  REQUIRE(regex);
  CHECK(regex->group_names() == std::vector<std::string>{"", "level", "", "kind"});
  std::array<std::string_view, 4> groups;
  REQUIRE(regex->find("at 3 ERROR disk 7", groups));
  CHECK(groups == std::array<std::string_view, 4>{"ERROR disk", "ERROR", "", "disk"});
  CHECK_FALSE(regex->find("nothing here", groups));
}

TEST_CASE("a pattern may have more groups than fit a small buffer", "[base]") {
  const auto regex = Regex::compile("(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)(l)");
  REQUIRE(regex);
  std::array<std::string_view, 13> groups;
  REQUIRE(regex->match("abcdefghijkl", groups));
  CHECK(groups[12] == "l");
}
