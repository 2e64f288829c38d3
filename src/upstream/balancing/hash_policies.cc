#include "upstream/balancing/hash_policies.h"

#include <algorithm>
#include <string>

#include "base/hash.h"

namespace outrigger::upstream {

namespace {

// A prime, a hundred times the endpoints that an upstream has at most as a rule. The same however many there are: in a
// table of another size nearly every key would move.
constexpr std::size_t kTableSize = 16381;

std::vector<Member*> weighted(std::span<Member> members) {
  std::vector<Member*> all;
  for (Member& member : members) {
    if (member.weight > 0) all.push_back(&member);
  }
  return all;
}

}  // namespace

bool HashPolicy::has_room(const Member& member, double allowance) const {
  return bounded_load_ == 0 || member.endpoint->load() + 1.0 <= std::max(1.0, allowance * member.weight);
}

Member& HashPolicy::choose(const Candidates& from, const PickContext& context) {
  if (!context.hash || size() == 0) return *from.draw().member;
  double allowance = 0;  // of requests for each unit of weight
  if (bounded_load_ > 0) {
    double requests = 1;
    double weight = 0;
    for (const Candidates::Item& item : from.items()) {
      requests += item.member->endpoint->load();
      weight += item.member->weight;
    }
    allowance = bounded_load_ * requests / weight;
  }
  Member* owner = nullptr;
  for (std::size_t step = 0, place = place_of(*context.hash); step < size(); ++step, ++place) {
    Member& member = at(place % size());
    if (!from.includes(member)) continue;
    if (has_room(member, allowance)) return member;
    if (owner == nullptr) owner = &member;
  }
  return owner == nullptr ? *from.draw().member : *owner;
}

void RingHash::set_members(std::span<Member> members) {
  ring_.clear();
  const std::vector<Member*> all = weighted(members);
  double weight = 0;
  for (const Member* member : all) weight += member->weight;
  for (Member* member : all) {
    const double places = static_cast<double>(kPlaces * all.size()) * member->weight / weight;
    const auto count = static_cast<std::size_t>(std::max(1.0, places));
    for (std::size_t i = 0; i < count; ++i) {
      ring_.push_back({stable_hash(member->endpoint->name() + '-' + std::to_string(i)), member});
    }
  }
  std::ranges::sort(ring_, {}, &Place::hash);
}

std::size_t RingHash::place_of(std::uint64_t hash) const {
  const auto found = std::ranges::lower_bound(ring_, hash, {}, &Place::hash);
  return found == ring_.end() ? 0 : static_cast<std::size_t>(found - ring_.begin());
}

void Maglev::set_members(std::span<Member> members) {
  struct Filler {
    Member* member;
    std::size_t next, skip;
    double turns = 0;
    double turns_a_round;
  };
  table_.clear();
  std::vector<Filler> fillers;
  std::uint32_t heaviest = 1;
  const std::vector<Member*> all = weighted(members);
  if (all.empty()) return;
  for (const Member* member : all) heaviest = std::max(heaviest, member->weight);
  for (Member* member : all) {
    const std::string& name = member->endpoint->name();
    fillers.push_back({member, stable_hash(name + "-offset") % kTableSize,
                       stable_hash(name + "-skip") % (kTableSize - 1) + 1, 0,
                       static_cast<double>(member->weight) / heaviest});
  }
  table_.assign(kTableSize, nullptr);
  for (std::size_t filled = 0; filled < kTableSize;) {
    for (Filler& filler : fillers) {
      filler.turns += filler.turns_a_round;
      if (filler.turns < 1 || filled == kTableSize) continue;
      filler.turns -= 1;
      while (table_[filler.next] != nullptr) filler.next = (filler.next + filler.skip) % kTableSize;
      table_[filler.next] = filler.member;
      ++filled;
    }
  }
}

}  // namespace outrigger::upstream
