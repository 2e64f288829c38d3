#include "upstream/balancer.h"

#include <algorithm>

#include "base/random.h"

namespace outrigger::upstream {

namespace {

constexpr int kDraws = 3;  // then the members are sorted out

bool is_usable(const Member& member) { return !member.endpoint->addresses().empty(); }

bool was_tried(const Member& member, Tried tried) {
  return std::ranges::find(tried, member.endpoint->serial()) != tried.end();
}

// nginx's smooth weighted round robin: the share of each is its weight, and nobody is chosen in bursts.
Member& next_in_turn(const std::vector<Member*>& members) {
  std::int64_t total = 0;
  Member* best = nullptr;
  for (Member* member : members) {
    member->credit += member->weight;
    total += member->weight;
    if (best == nullptr || member->credit > best->credit) best = member;
  }
  best->credit -= total;
  return *best;
}

// Compares active/weight without a division.
bool is_busier(const Member& one, const Member& other) {
  return static_cast<std::uint64_t>(one.endpoint->active()) * other.weight >
         static_cast<std::uint64_t>(other.endpoint->active()) * one.weight;
}

}  // namespace

void Balancer::Candidates::clear() {
  members.clear();
  weight = 0;
  is_uniform = true;
}

void Balancer::Candidates::add(Member& member) {
  if (member.weight == 0) return;
  is_uniform = is_uniform && (members.empty() || members.front()->weight == member.weight);
  members.push_back(&member);
  weight += member.weight;
}

Member& Balancer::Candidates::by_weight() const {
  if (is_uniform) return *members[random_below(members.size())];
  std::uint64_t at = random_below(weight);
  for (Member* member : members) {
    if (at < member->weight) return *member;
    at -= member->weight;
  }
  return *members.back();
}

void Balancer::set_members(std::vector<Member> members) {
  members_ = std::move(members);
  left_.clear();
  first_.clear();
  std::uint32_t lowest = UINT32_MAX;
  for (const Member& member : members_) lowest = std::min(lowest, member.priority);
  for (Member& member : members_) {
    if (member.priority == lowest) first_.add(member);
  }
}

Member* Balancer::choose(const Candidates& from) const {
  if (from.members.empty()) return nullptr;
  if (from.members.size() == 1) return from.members.front();
  switch (policy_) {
    case config::BalancePolicy::round_robin:
      return &next_in_turn(from.members);
    case config::BalancePolicy::random:
      return &from.by_weight();
    case config::BalancePolicy::least_request:
      break;
  }
  // Mitzenmacher, "The Power of Two Choices" (2001): the less busy of two. Both are drawn by weight, so that shares are
  // right while nothing is busy.
  Member& one = from.by_weight();
  Member& other = from.by_weight();
  return is_busier(one, other) ? &other : &one;
}

bool Balancer::has_usable(Tried tried, Instant now) const {
  return std::ranges::any_of(members_, [&](const Member& member) {
    return member.weight != 0 && is_usable(member) && !was_tried(member, tried) &&
           member.gates->may_pick(now) != Gates::Verdict::no;
  });
}

// While all is well the first draw is good.
const Member* Balancer::draw(Instant now) const {
  for (int attempt = 0; attempt < kDraws; ++attempt) {
    const Member* drawn = choose(first_);
    if (drawn != nullptr && is_usable(*drawn) && drawn->gates->may_pick(now) == Gates::Verdict::yes) return drawn;
  }
  return nullptr;
}

// Puts the members of the best rank into left_. True: gates kept some out.
bool Balancer::collect(Tried tried, Instant now) {
  left_.clear();
  bool is_refused = false;
  std::uint64_t best = UINT64_MAX;
  for (Member& member : members_) {
    if (member.weight == 0 || !is_usable(member)) continue;
    const Gates::Verdict verdict = member.gates->may_pick(now);
    if (verdict == Gates::Verdict::no) {
      is_refused = true;
      continue;
    }
    const std::uint64_t tier = (verdict == Gates::Verdict::avoid ? 2U : 0U) + (was_tried(member, tried) ? 1U : 0U);
    const std::uint64_t rank = (tier << 32) + member.priority;
    if (rank > best) continue;
    if (rank < best) left_.clear();
    best = rank;
    left_.add(member);
  }
  return is_refused;
}

Balancer::Choice Balancer::pick(Tried tried, Instant now) {
  if (tried.empty() && policy_ != config::BalancePolicy::round_robin) {
    if (const Member* drawn = draw(now)) return {drawn, false};
  }
  const bool is_refused = collect(tried, now);
  const Member* chosen = choose(left_);
  return {chosen, chosen == nullptr && is_refused};
}

}  // namespace outrigger::upstream
