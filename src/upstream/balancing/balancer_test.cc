#include "upstream/balancing/balancer.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>

namespace outrigger::upstream {
namespace {

using config::BalancePolicy;

config::LoadBalancing by(BalancePolicy policy) {
  config::LoadBalancing settings;
  settings.policy = policy;
  return settings;
}

std::shared_ptr<Endpoint> endpoint(const std::string& name, bool resolved = true) {
  auto made = std::make_shared<Endpoint>(name, EndpointTls{});
  if (resolved) made->set_addresses({net::Address::parse("127.0.0.1:1").value()});
  return made;
}

// Says what the test sets.
class SetGate final : public EndpointGate, public EndpointGateMaker {
 public:
  explicit SetGate(Verdict& verdict) : verdict_(verdict) {}
  Verdict may_pick(Instant) override { return verdict_; }
  void on_result(const TryOutcome&, Instant) override {}
  std::unique_ptr<EndpointGate> make_gate(std::string_view) override { return std::make_unique<SetGate>(verdict_); }

 private:
  Verdict& verdict_;
};

std::shared_ptr<const Gates> gates(EndpointGate::Verdict& verdict) {
  return std::make_shared<Gates>(Gates::Makers{std::make_shared<SetGate>(verdict)}, "");
}

Member member(const std::string& name, std::uint32_t weight, bool resolved = true) {
  return {
      .endpoint = endpoint(name, resolved), .gates = std::make_shared<Gates>(Gates::Makers{}, name), .weight = weight};
}

std::vector<Member> members(std::vector<std::pair<std::string, std::uint32_t>> weights) {
  std::vector<Member> all;
  for (const auto& [name, weight] : weights) all.push_back(member(name, weight));
  return all;
}

std::string name_of(const Balancer::Choice& choice) {
  return choice.member == nullptr ? std::string(choice.is_refused ? "refused" : "none")
                                  : choice.member->endpoint->name();
}

std::map<std::string, int> shares(Balancer& balancer, int picks, Tried tried = {}) {
  std::map<std::string, int> counts;
  for (int i = 0; i < picks; ++i) ++counts[name_of(balancer.pick({.tried = tried, .now = Instant(), .hash = {}}))];
  return counts;
}

}  // namespace

TEST_CASE("balancer: every policy spreads by weight while nothing is busy", "[upstream]") {
  const auto policy = GENERATE(BalancePolicy::least_request, BalancePolicy::round_robin, BalancePolicy::random);
  Balancer balancer(by(policy));
  balancer.set_members(members({{"a", 1}, {"b", 3}, {"none", 0}}));
  auto counts = shares(balancer, 8000);
  REQUIRE(counts.size() == 2);
  REQUIRE(counts["a"] > 1800);
  REQUIRE(counts["a"] < 2200);
}

TEST_CASE("balancer: round robin takes turns without bursts", "[upstream]") {
  Balancer balancer(by(BalancePolicy::round_robin));
  balancer.set_members(members({{"a", 5}, {"b", 1}, {"c", 1}}));
  std::string order;
  for (int i = 0; i < 7; ++i) order += name_of(balancer.pick({}));
  REQUIRE(order == "aabacaa");
}

TEST_CASE("balancer: least_request prefers the less busy, load counted by weight", "[upstream]") {
  Balancer balancer(by(BalancePolicy::least_request));
  balancer.set_members(members({{"busy", 1}, {"free", 1}}));
  for (int i = 0; i < 10; ++i) balancer.members()[0].endpoint->begin();
  auto counts = shares(balancer, 4000);
  REQUIRE(counts["busy"] < 1200);  // only when it is drawn twice
  REQUIRE(counts["busy"] > 800);
}

TEST_CASE("balancer: a try avoids all that failed before, while another is left", "[upstream]") {
  const auto policy = GENERATE(BalancePolicy::least_request, BalancePolicy::round_robin, BalancePolicy::random);
  Balancer balancer(by(policy));
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
  Balancer balancer(by(policy));
  REQUIRE(name_of(balancer.pick({})) == "none");
  std::vector<Member> all = members({{"a", 1}});
  all.push_back(member("unknown", 50, false));
  balancer.set_members(all);
  REQUIRE(shares(balancer, 50) == std::map<std::string, int>{{"a", 50}});
  balancer.set_members({member("unknown", 1, false)});
  REQUIRE_FALSE(balancer.has_usable({}, Instant()));
  REQUIRE(name_of(balancer.pick({})) == "none");
}

TEST_CASE("balancer: gates that say avoid are passed over while another is left, gates that say no always",
          "[upstream]") {
  using Verdict = EndpointGate::Verdict;
  const auto policy = GENERATE(BalancePolicy::least_request, BalancePolicy::round_robin, BalancePolicy::random);
  Verdict a = Verdict::yes, b = Verdict::yes;
  std::vector<Member> all = members({{"a", 1}, {"b", 1}});
  all[0].gates = gates(a);
  all[1].gates = gates(b);
  Balancer balancer(by(policy));
  balancer.set_members(all);
  const auto names = [&] {
    std::string text;
    for (const auto& [name, count] : shares(balancer, 100)) text += name;
    return text;
  };
  REQUIRE(names() == "ab");
  a = Verdict::avoid;
  REQUIRE(names() == "b");
  b = Verdict::avoid;
  REQUIRE(names() == "ab");
  b = Verdict::no;
  REQUIRE(names() == "a");
  a = Verdict::no;
  REQUIRE(names() == "refused");
  REQUIRE_FALSE(balancer.has_usable({}, Instant()));
}

TEST_CASE("balancer: a good endpoint that was tried comes before a bad one that was not, unless it was out of reach",
          "[upstream]") {
  Balancer balancer(by(BalancePolicy::least_request));
  std::vector<Member> all = members({{"good", 1}, {"bad", 1}});
  EndpointGate::Verdict bad = EndpointGate::Verdict::avoid;
  all[1].gates = gates(bad);
  balancer.set_members(all);
  const std::uint64_t tried[] = {all[0].endpoint->serial()};
  REQUIRE(shares(balancer, 10, tried) == std::map<std::string, int>{{"good", 10}});
  const PickContext elsewhere{.tried = tried, .now = Instant(), .hash = {}, .only_untried = true};
  REQUIRE(name_of(balancer.pick(elsewhere)) == "bad");
  bad = EndpointGate::Verdict::no;
  REQUIRE(name_of(balancer.pick(elsewhere)) == "refused");
}

TEST_CASE("balancer: a higher priority number serves while none of a lower can", "[upstream]") {
  using Verdict = EndpointGate::Verdict;
  const auto policy = GENERATE(BalancePolicy::least_request, BalancePolicy::round_robin, BalancePolicy::random);
  Verdict first = Verdict::yes;
  std::vector<Member> all = members({{"spare", 100}, {"first", 1}});
  all[0].priority = 1;
  all[1].gates = gates(first);
  Balancer balancer(by(policy));
  balancer.set_members(all);
  REQUIRE(shares(balancer, 100) == std::map<std::string, int>{{"first", 100}});
  first = Verdict::avoid;
  REQUIRE(shares(balancer, 100) == std::map<std::string, int>{{"spare", 100}});
  first = Verdict::yes;
  const std::uint64_t tried[] = {all[1].endpoint->serial()};
  REQUIRE(shares(balancer, 100, tried) == std::map<std::string, int>{{"spare", 100}});
}

TEST_CASE("balancer: slow_start gives an endpoint that joins late a growing share", "[upstream]") {
  const Instant now(std::chrono::seconds(1000));
  std::vector<Member> all = members({{"old", 1}, {"young", 1}});
  all[1].since = now;
  Balancer balancer(by(BalancePolicy::random), std::chrono::seconds(10));
  balancer.set_members(all);
  const auto share_after = [&](int seconds) {
    int young = 0;
    for (int i = 0; i < 8000; ++i) {
      const PickContext context{.tried = {}, .now = now + std::chrono::seconds(seconds), .hash = {}};
      young += name_of(balancer.pick(context)) == "young";
    }
    return young / 8000.0;
  };
  REQUIRE(share_after(0) == Approx(0.1 / 1.1).margin(0.02));
  REQUIRE(share_after(5) == Approx(0.5 / 1.5).margin(0.03));
  REQUIRE(share_after(10) == Approx(0.5).margin(0.03));
}

}  // namespace outrigger::upstream
