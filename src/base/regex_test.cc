#include "base/regex.h"

#include <catch2/catch.hpp>

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
