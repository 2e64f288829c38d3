#include "upstream/discovery/discovery.h"

#include <catch2/catch.hpp>

namespace outrigger::upstream {

using namespace std::chrono_literals;

namespace {

Answer answer_of(const char* address) { return {.addresses = {net::Address::parse(address).value()}, .services = {}}; }

}  // namespace

TEST_CASE("discovery: the last good answer may be used for ten minutes", "[upstream]") {
  Discovery discovery("app", "dns://app.test:80");
  const Instant begin = Instant() + 1h;
  REQUIRE_FALSE(discovery.last_good(begin));
  REQUIRE_FALSE(discovery.fail("no such name", begin));
  discovery.succeed(answer_of("10.0.0.1:80"), begin);
  REQUIRE(discovery.fail("no answer", begin + 10min)->addresses.size() == 1);
  REQUIRE(discovery.last_good(begin + 10min));
  REQUIRE_FALSE(discovery.fail("no answer", begin + 10min + 1s));
  REQUIRE_FALSE(discovery.last_good(begin + 10min + 1s));
}

TEST_CASE("discovery: each family of addresses may be used for ten minutes", "[upstream]") {
  using net::dns::Family;
  Discovery discovery("app", "dns://app.test:80");
  const Instant begin = Instant() + 1h;
  Answer both = answer_of("10.0.0.1:80");
  both.addresses.push_back(net::Address::parse("[fd00::1]:80").value());
  discovery.succeed(both, begin);
  REQUIRE(discovery.families(begin).has(Family::v6));
  const auto without_v6 = [&](const char* address, Duration age) {
    std::vector<std::string> texts;
    for (const auto& each :
         discovery.succeed_without(Family::v6, answer_of(address), "no answer", begin + age).addresses) {
      texts.push_back(each.text());
    }
    return texts;
  };
  REQUIRE(without_v6("10.0.0.2:80", 9min) == std::vector<std::string>{"10.0.0.2:80", "[fd00::1]:80"});
  REQUIRE(discovery.view(begin + 9min).is_failing);
  REQUIRE(discovery.view(begin + 9min).age == 9min);
  REQUIRE(without_v6("10.0.0.3:80", 10min + 1s) == std::vector<std::string>{"10.0.0.3:80"});
  REQUIRE_FALSE(discovery.families(begin + 10min + 1s).has(Family::v6));
  REQUIRE(discovery.fail("no answer", begin + 20min)->addresses.size() == 1);  // counted from its own last good answer
  REQUIRE_FALSE(discovery.fail("no answer", begin + 20min + 2s));
}

TEST_CASE("discovery: operators see what fails, why, and how old the last good answer is", "[upstream]") {
  DiscoveryBoard board("app");
  const Instant begin = Instant() + 1h;
  REQUIRE_FALSE(board.oldest(begin));
  const auto one = board.find("one.test:80");
  const auto two = board.find("two.test:80");
  REQUIRE(board.find("one.test:80") == one);
  REQUIRE(board.failing(begin) == 0);
  one->succeed(answer_of("10.0.0.1:80"), begin);
  two->succeed(answer_of("10.0.0.2:80"), begin + 5s);
  one->fail("no answer", begin + 6s);
  REQUIRE(board.failing(begin + 7s) == 1);
  REQUIRE(board.oldest(begin + 7s) == 7s);
  REQUIRE(one->view(begin + 7s).is_failing);
  REQUIRE(one->view(begin + 7s).error == "no answer");
  REQUIRE_FALSE(two->view(begin + 7s).is_failing);
  one->succeed(answer_of("10.0.0.1:80"), begin + 8s);
  REQUIRE(board.failing(begin + 8s) == 0);
}

TEST_CASE("discovery: names that nobody looks up any more are forgotten", "[upstream]") {
  DiscoveryBoard board("app");
  board.find("gone.test:80")->fail("no such name", Instant() + 1h);
  REQUIRE(board.failing(Instant() + 1h) == 0);
  REQUIRE_FALSE(board.find("gone.test:80")->view(Instant() + 1h).is_failing);
}

}  // namespace outrigger::upstream
