#pragma once

#include <vector>

#include "upstream/balancing/policy.h"

// Policies that keep a key at its endpoint, and move few keys when endpoints join or leave.
namespace outrigger::upstream {

// What both have in common: a table of members that a hash points into; from there on, the first that is a candidate
// and not overloaded. `bounded_load`: a member takes at most that many times its share of the requests that this worker
// has under way (Mirrokni, Thorup, Zadimoghaddam, "Consistent Hashing with Bounded Loads", 2016); 0: any number.
// Requests without a key are spread at random.
class HashPolicy : public Policy {
 public:
  explicit HashPolicy(double bounded_load) : bounded_load_(bounded_load) {}
  Member& choose(const Candidates& from, const PickContext& context) final;

 protected:
  // Where the walk through the table begins.
  virtual std::size_t place_of(std::uint64_t hash) const = 0;
  virtual std::size_t size() const = 0;
  virtual Member& at(std::size_t place) const = 0;

 private:
  bool has_room(const Member& member, double allowance) const;
  double bounded_load_;
};

// Karger et al., "Consistent Hashing and Random Trees" (1997), as in ketama: every member stands at many places of a
// ring, more for a higher weight; a key belongs to the next place.
class RingHash final : public HashPolicy {
 public:
  static constexpr std::size_t kPlaces = 160;  // of a member with the average weight

  using HashPolicy::HashPolicy;
  void set_members(std::span<Member> members) override;

 private:
  struct Place {
    std::uint64_t hash;
    Member* member;
  };
  std::size_t place_of(std::uint64_t hash) const override;
  std::size_t size() const override { return ring_.size(); }
  Member& at(std::size_t place) const override { return *ring_[place].member; }
  std::vector<Place> ring_;  // by hash
};

// Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer" (2016), section 3.4: members fill a
// table in turns, each in an order of its own. More even than a ring and one look-up; a few more keys move.
class Maglev final : public HashPolicy {
 public:
  using HashPolicy::HashPolicy;
  void set_members(std::span<Member> members) override;

 private:
  std::size_t place_of(std::uint64_t hash) const override { return hash % table_.size(); }
  std::size_t size() const override { return table_.size(); }
  Member& at(std::size_t place) const override { return *table_[place]; }
  std::vector<Member*> table_;
};

}  // namespace outrigger::upstream
