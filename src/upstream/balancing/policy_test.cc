#include "upstream/balancing/policy.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "base/hash.h"
#include "upstream/balancing/balancer.h"

namespace outrigger::upstream {
namespace {

using config::BalancePolicy;

std::vector<Member> members(std::size_t count, std::uint32_t first_weight = 1) {
  std::vector<Member> all;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = "10.0.0." + std::to_string(i) + ":80";
    Member& member = all.emplace_back();
    member.endpoint = std::make_shared<Endpoint>(name, EndpointTls{});
    member.endpoint->set_addresses({net::Address::parse(name).value()});
    member.gates = std::make_shared<Gates>(Gates::Makers{}, name);
    member.weight = i == 0 ? first_weight : 1;
  }
  return all;
}

config::LoadBalancing by(BalancePolicy policy, double bounded_load = 0) {
  config::LoadBalancing settings;
  settings.policy = policy;
  settings.hash_on = "path";
  settings.bounded_load = bounded_load;
  return settings;
}

std::string owner(Balancer& balancer, int key) {
  const auto choice = balancer.pick({.tried = {}, .now = Instant(), .hash = stable_hash("key" + std::to_string(key))});
  return choice.member->endpoint->name();
}

constexpr int kKeys = 20000;

std::map<int, std::string> owners(Balancer& balancer) {
  std::map<int, std::string> all;
  for (int key = 0; key < kKeys; ++key) all[key] = owner(balancer, key);
  return all;
}

double moved(const std::map<int, std::string>& before, const std::map<int, std::string>& after) {
  int count = 0;
  for (const auto& [key, name] : before) count += after.at(key) != name;
  return static_cast<double>(count) / kKeys;
}

}  // namespace

TEST_CASE("load: endpoints of several workers can share a count, also while requests are under way", "[upstream]") {
  const auto count = std::make_shared<std::atomic<std::uint32_t>>(0);
  Endpoint one("10.0.0.1:80", EndpointTls{});
  Endpoint other("10.0.0.1:80", EndpointTls{});
  one.begin();
  REQUIRE(one.load() == 1);
  one.share_load(count);
  other.share_load(count);
  other.begin();
  REQUIRE((one.load() == 2 && other.load() == 2 && one.active() == 1));
  one.share_load(nullptr);
  REQUIRE((one.load() == 1 && other.load() == 1));
  one.end();
  other.end();
  REQUIRE(*count == 0);
}

TEST_CASE("first: the next endpoint serves when all workers together have spill_over requests", "[upstream]") {
  config::LoadBalancing settings;
  settings.policy = BalancePolicy::first;
  settings.spill_over = 2;
  std::vector<Member> here = members(2);
  std::vector<Member> there = members(2);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto count = std::make_shared<std::atomic<std::uint32_t>>(0);
    here[i].endpoint->share_load(count);
    there[i].endpoint->share_load(count);
  }
  Balancer balancer(settings);
  balancer.set_members(here);
  here[0].endpoint->begin();
  REQUIRE(owner(balancer, 1) == "10.0.0.0:80");
  there[0].endpoint->begin();
  REQUIRE(owner(balancer, 1) == "10.0.0.1:80");
  there[0].endpoint->end();
  REQUIRE(owner(balancer, 1) == "10.0.0.0:80");
  here[0].endpoint->end();
}

TEST_CASE("hash policies: a key stays; few move when an endpoint joins or leaves", "[upstream]") {
  const auto policy = GENERATE(BalancePolicy::ring_hash, BalancePolicy::maglev);
  Balancer ten(by(policy));
  Balancer eleven(by(policy));
  const std::vector<Member> all = members(11);
  eleven.set_members(all);
  ten.set_members({all.begin(), all.end() - 1});
  const auto before = owners(ten);
  REQUIRE(before == owners(ten));
  const double share = moved(before, owners(eleven));
  CAPTURE(share);
  REQUIRE(share > 1.0 / 11 / 2);
  REQUIRE(share < 1.0 / 11 * 1.5);  // modulo would move ten elevenths
}

TEST_CASE("hash policies: keys are spread evenly, by weight", "[upstream]") {
  struct Row {
    BalancePolicy policy;
    double unevenness;
  };
  const Row row = GENERATE(values<Row>({{BalancePolicy::ring_hash, 0.3}, {BalancePolicy::maglev, 0.1}}));
  Balancer balancer(by(row.policy));
  balancer.set_members(members(10, 3));
  std::map<std::string, int> counts;
  for (const auto& [key, name] : owners(balancer)) ++counts[name];
  for (const auto& [name, count] : counts) {
    const double fair = kKeys / 12.0 * (name == "10.0.0.0:80" ? 3 : 1);
    CAPTURE(name, count, fair);
    REQUIRE(count > fair * (1 - row.unevenness));
    REQUIRE(count < fair * (1 + row.unevenness));
  }
}

// The numbers of docs/upstreams.md: unit_tests "[hash_report]". Not run by itself.
TEST_CASE("hash policies: how many keys move and how even they are, as a table", "[.][hash_report]") {
  const auto row = [](const char* name, const auto& owner_among) {
    std::map<int, std::string> nine, ten, eleven;
    std::map<std::string, int> counts;
    for (int key = 0; key < kKeys; ++key) {
      nine[key] = owner_among(9, key);
      ++counts[ten[key] = owner_among(10, key)];
      eleven[key] = owner_among(11, key);
    }
    const auto [least, most] = std::ranges::minmax_element(counts, {}, [](const auto& entry) { return entry.second; });
    std::printf("| %-9s | %5.1f %% | %5.1f %% | %6.1f %% | %6.1f %% |\n", name, 100 * moved(ten, eleven),
                100 * moved(ten, nine), 1000.0 * least->second / kKeys, 1000.0 * most->second / kKeys);
  };
  std::printf("| of 10     | 1 joins | 1 leaves | least of fair | most of fair |\n");
  for (const auto& [name, policy] :
       {std::pair{"ring_hash", BalancePolicy::ring_hash}, std::pair{"maglev", BalancePolicy::maglev}}) {
    std::map<std::size_t, std::unique_ptr<Balancer>> balancers;
    for (const std::size_t count : {9U, 10U, 11U}) {
      balancers[count] = std::make_unique<Balancer>(by(policy));
      balancers[count]->set_members(members(count));
    }
    row(name, [&](std::size_t count, int key) { return owner(*balancers[count], key); });
  }
  row("modulo",
      [](std::size_t count, int key) { return std::to_string(stable_hash("key" + std::to_string(key)) % count); });
}

TEST_CASE("hash policies: keys of an endpoint that can't be used go to others and come back", "[upstream]") {
  const auto policy = GENERATE(BalancePolicy::ring_hash, BalancePolicy::maglev);
  Balancer balancer(by(policy));
  const std::vector<Member> all = members(5);
  balancer.set_members(all);
  const auto before = owners(balancer);
  const std::vector<net::Address> addresses = all[2].endpoint->addresses();
  all[2].endpoint->set_addresses({});
  const auto without = owners(balancer);
  std::map<std::string, int> heirs;
  for (const auto& [key, name] : before) {
    if (name == all[2].endpoint->name()) {
      REQUIRE(without.at(key) != name);
      ++heirs[without.at(key)];
    } else {
      REQUIRE(without.at(key) == name);
    }
  }
  REQUIRE(heirs.size() == 4);
  all[2].endpoint->set_addresses(addresses);
  REQUIRE(owners(balancer) == before);
}

TEST_CASE("hash policies: bounded_load sends what is too much of one key elsewhere", "[upstream]") {
  const auto policy = GENERATE(BalancePolicy::ring_hash, BalancePolicy::maglev);
  Balancer balancer(by(policy, 1.25));
  const std::vector<Member> all = members(4);
  balancer.set_members(all);
  std::map<std::string, int> counts;
  for (int i = 0; i < 400; ++i) {
    const auto choice = balancer.pick({.tried = {}, .now = Instant(), .hash = 42});
    choice.member->endpoint->begin();
    ++counts[choice.member->endpoint->name()];
  }
  for (const auto& [name, count] : counts) REQUIRE(count <= 127);
  REQUIRE(counts.size() == 4);
}

TEST_CASE("hash policies: requests without a key are spread", "[upstream]") {
  Balancer balancer(by(GENERATE(BalancePolicy::ring_hash, BalancePolicy::maglev)));
  balancer.set_members(members(3));
  std::map<std::string, int> counts;
  for (int i = 0; i < 3000; ++i) ++counts[balancer.pick({}).member->endpoint->name()];
  for (const auto& [name, count] : counts) REQUIRE(count > 800);
}

TEST_CASE("stable hash: the same on every machine", "[base]") {
  REQUIRE(stable_hash("") == 0xEFD01F60BA992926U);
  REQUIRE(stable_hash("a") == 0x82A2A958A9BECE5BU);
}

TEST_CASE("ewma: the quicker endpoint gets most requests, the slower one is not forgotten", "[upstream]") {
  Balancer balancer(by(BalancePolicy::ewma));
  const std::vector<Member> all = members(2);
  balancer.set_members(all);
  const Instant now(std::chrono::seconds(1000));
  all[0].endpoint->latency().observe(std::chrono::milliseconds(1), now);
  all[1].endpoint->latency().observe(std::chrono::milliseconds(100), now);
  int slow = 0;
  for (int i = 0; i < 4000; ++i) {
    slow += balancer.pick({.tried = {}, .now = now, .hash = {}}).member->endpoint == all[1].endpoint;
  }
  REQUIRE(slow > 800);  // drawn twice
  REQUIRE(slow < 1200);
}

TEST_CASE("latency: a peak counts at once, better times slowly", "[upstream]") {
  Latency latency;
  const Instant start(std::chrono::seconds(1000));
  latency.observe(std::chrono::milliseconds(1), start);
  latency.observe(std::chrono::milliseconds(50), start);
  REQUIRE(latency.at(start) == Approx(50e6));
  latency.observe(std::chrono::milliseconds(1), start + std::chrono::seconds(1));
  REQUIRE(latency.at(start + std::chrono::seconds(1)) == Approx(45.3e6).epsilon(0.01));
  REQUIRE(latency.at(start + std::chrono::minutes(2)) < 1e6);
}

TEST_CASE("first: the next endpoint serves only when the ones before are full", "[upstream]") {
  config::LoadBalancing settings;
  settings.policy = BalancePolicy::first;
  settings.spill_over = 2;
  Balancer balancer(settings);
  const std::vector<Member> all = members(2);
  balancer.set_members(all);
  std::string order;
  for (int i = 0; i < 6; ++i) {
    const auto choice = balancer.pick({});
    choice.member->endpoint->begin();
    order += choice.member->endpoint == all[0].endpoint ? 'a' : 'b';
  }
  REQUIRE(order == "aabbab");
}

}  // namespace outrigger::upstream
