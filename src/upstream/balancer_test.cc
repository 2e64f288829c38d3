#include "upstream/balancer.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>

namespace outrigger::upstream {
namespace {

using config::BalancePolicy;

std::shared_ptr<Endpoint> endpoint(const std::string& name, bool resolved = true) {
  auto made = std::make_shared<Endpoint>(name, EndpointTls{});
  if (resolved) made->set_addresses({net::Address::parse("127.0.0.1:1").value()});
  return made;
}

std::vector<Member> members(std::vector<std::pair<std::string, std::uint32_t>> weights) {
  std::vector<Member> all;
  for (const auto& [name, weight] : weights) all.push_back({endpoint(name), weight});
  return all;
}

std::map<std::string, int> shares(Balancer& balancer, int picks, Tried tried = {}) {
  std::map<std::string, int> counts;
  for (int i = 0; i < picks; ++i) ++counts[balancer.pick(tried)->name()];
  return counts;
}

}  // namespace

TEST_CASE("balancer: every policy spreads by weight while nothing is busy", "[upstream]") {
  const auto policy = GENERATE(BalancePolicy::least_request, BalancePolicy::round_robin, BalancePolicy::random);
  Balancer balancer(policy);
  balancer.set_members(members({{"a", 1}, {"b", 3}, {"none", 0}}));
  auto counts = shares(balancer, 8000);
  REQUIRE(counts.size() == 2);
  REQUIRE(counts["a"] > 1800);
  REQUIRE(counts["a"] < 2200);
}

TEST_CASE("balancer: round robin takes turns without bursts", "[upstream]") {
  Balancer balancer(BalancePolicy::round_robin);
  balancer.set_members(members({{"a", 5}, {"b", 1}, {"c", 1}}));
  std::string order;
  for (int i = 0; i < 7; ++i) order += balancer.pick({})->name();
  REQUIRE(order == "aabacaa");
}

TEST_CASE("balancer: least_request prefers the less busy, load counted by weight", "[upstream]") {
  Balancer balancer(BalancePolicy::least_request);
  balancer.set_members(members({{"busy", 1}, {"free", 1}}));
  for (int i = 0; i < 10; ++i) balancer.members()[0].endpoint->begin();
  auto counts = shares(balancer, 4000);
  REQUIRE(counts["busy"] < 1200);  // only when it is drawn twice
  REQUIRE(counts["busy"] > 800);
}

TEST_CASE("balancer: a try avoids all that failed before, while another is left", "[upstream]") {
  const auto policy = GENERATE(BalancePolicy::least_request, BalancePolicy::round_robin, BalancePolicy::random);
  Balancer balancer(policy);
  balancer.set_members(members({{"a", 1}, {"b", 100}, {"c", 100}}));
  const std::uint64_t b = balancer.members()[1].endpoint->serial();
  const std::uint64_t c = balancer.members()[2].endpoint->serial();
  const std::uint64_t two[] = {b, c};
  REQUIRE(shares(balancer, 100, two) == std::map<std::string, int>{{"a", 100}});
  const std::uint64_t all[] = {b, c, balancer.members()[0].endpoint->serial()};
  REQUIRE(shares(balancer, 1000, all).size() >= 2);
}

TEST_CASE("balancer: a name without an address is passed over", "[upstream]") {
  const auto policy = GENERATE(BalancePolicy::least_request, BalancePolicy::round_robin, BalancePolicy::random);
  Balancer balancer(policy);
  REQUIRE(balancer.pick({}) == nullptr);
  std::vector<Member> all = members({{"a", 1}});
  all.push_back({endpoint("unknown", false), 50});
  balancer.set_members(all);
  REQUIRE(shares(balancer, 50) == std::map<std::string, int>{{"a", 50}});
  balancer.set_members({{endpoint("unknown", false), 1}});
  REQUIRE_FALSE(balancer.has_usable());
  REQUIRE(balancer.pick({}) == nullptr);
}

}  // namespace outrigger::upstream
