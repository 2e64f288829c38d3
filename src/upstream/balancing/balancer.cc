#include "upstream/balancing/balancer.h"

#include <algorithm>

namespace outrigger::upstream {

namespace {

constexpr double kLeastShare = 0.1;  // of its weight, where slow_start begins

bool is_usable(const Member& member) { return !member.endpoint->addresses().empty(); }

bool was_tried(const Member& member, Tried tried) {
  return std::ranges::find(tried, member.endpoint->serial()) != tried.end();
}

}  // namespace

Balancer::Balancer(const config::LoadBalancing& settings, Duration slow_start)
    : slow_start_(slow_start), policy_(make_policy(settings)) {}

void Balancer::set_members(std::vector<Member> members) {
  members_ = std::move(members);
  left_.clear();
  first_.clear();
  std::uint32_t lowest = UINT32_MAX;
  for (const Member& member : members_) lowest = std::min(lowest, member.priority);
  for (Member& member : members_) {
    if (member.priority == lowest) first_.add(member);
  }
  policy_->set_members(members_);
}

bool Balancer::has_usable(Tried tried, Instant now) const {
  return std::ranges::any_of(members_, [&](const Member& member) {
    return member.weight != 0 && is_usable(member) && !was_tried(member, tried) &&
           member.gates->may_pick(now) != Gates::Verdict::no;
  });
}

// While all is well the first draw is good.
const Member* Balancer::draw(const PickContext& context) {
  if (first_.empty() || !context.tried.empty() || slow_start_ > Duration(0)) return nullptr;
  first_.stamp();
  for (int attempt = 0; attempt < policy_->draws(); ++attempt) {
    const Member& drawn = policy_->choose(first_, context);
    if (is_usable(drawn) && drawn.gates->may_pick(context.now) == Gates::Verdict::yes) return &drawn;
  }
  return nullptr;
}

double Balancer::share(const Member& member, Instant now) const {
  if (slow_start_ == Duration(0)) return 1;
  const Duration well = now - std::max(member.since, member.gates->good_since());
  return std::clamp(static_cast<double>(well.count()) / static_cast<double>(slow_start_.count()), kLeastShare, 1.0);
}

// Puts the members of the best rank into left_. True: gates kept some out.
bool Balancer::collect(const PickContext& context) {
  left_.clear();
  bool is_refused = false;
  std::uint64_t best = UINT64_MAX;
  for (Member& member : members_) {
    if (member.weight == 0 || !is_usable(member)) continue;
    const Gates::Verdict verdict = member.gates->may_pick(context.now);
    if (verdict == Gates::Verdict::no) {
      is_refused = true;
      continue;
    }
    const bool is_tried = was_tried(member, context.tried);
    if (is_tried && context.only_untried) continue;
    const std::uint64_t tier = (verdict == Gates::Verdict::avoid ? 2U : 0U) + (is_tried ? 1U : 0U);
    const std::uint64_t rank = (tier << 32) + member.priority;
    if (rank > best) continue;
    if (rank < best) left_.clear();
    best = rank;
    left_.add(member, share(member, context.now));
  }
  left_.stamp();
  return is_refused;
}

Balancer::Choice Balancer::pick(const PickContext& context) {
  if (const Member* drawn = draw(context)) return {drawn, false};
  const bool is_refused = collect(context);
  if (left_.empty()) return {nullptr, is_refused};
  return {&policy_->choose(left_, context), false};
}

}  // namespace outrigger::upstream
