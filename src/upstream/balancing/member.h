#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "upstream/balancing/gates.h"
#include "upstream/endpoint.h"

namespace outrigger::upstream {

// An endpoint as one upstream sees it.
struct Member {
  std::shared_ptr<Endpoint> endpoint;
  std::shared_ptr<const Gates> gates;
  std::uint32_t weight = 1;    // 0: never chosen
  std::uint32_t priority = 0;  // the lowest that may be picked serves
  std::size_t source = 0;      // which entry of `endpoints:` it is from
  Instant since{};             // when it joined, for slow_start
  std::int64_t credit = 0;     // of round robin
  std::uint64_t mark = 0;      // in which collection of candidates it is
};

// Serial numbers of the endpoints that a request already tried in vain.
using Tried = std::span<const std::uint64_t>;

// What a choice may go by besides the members.
struct PickContext {
  Tried tried;
  Instant now;
  std::optional<std::uint64_t> hash;  // of the request's key; nothing: it has none
  bool only_untried = false;          // what was tried could not be reached, so even a bad one is better
};

// Members that may be chosen. Weights are in thousandths, so that slow_start can take shares of them.
class Candidates {
 public:
  struct Item {
    Member* member;
    std::uint64_t weight;
  };

  void clear() {
    items_.clear();
    weight_ = 0;
    is_uniform_ = true;
  }
  // `share`: how much of its weight counts.
  void add(Member& member, double share = 1) {
    if (member.weight == 0) return;
    const auto weight = static_cast<std::uint64_t>(std::max(1.0, 1000.0 * share * member.weight));
    is_uniform_ = is_uniform_ && (items_.empty() || items_.front().weight == weight);
    items_.push_back({&member, weight});
    weight_ += weight;
  }
  // Gives all members a mark that no other collection has, so that includes() is one comparison.
  void stamp() {
    thread_local std::uint64_t latest = 0;
    mark_ = ++latest;
    for (const Item& item : items_) item.member->mark = mark_;
  }
  bool includes(const Member& member) const { return member.mark == mark_; }

  const std::vector<Item>& items() const { return items_; }
  bool empty() const { return items_.empty(); }
  // A random one, by weight; not of none. Cost: constant when all weigh the same.
  const Item& draw() const;

 private:
  std::vector<Item> items_;
  std::uint64_t weight_ = 0;
  std::uint64_t mark_ = 0;
  bool is_uniform_ = true;
};

}  // namespace outrigger::upstream
