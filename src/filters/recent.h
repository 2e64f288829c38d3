#pragma once

#include <cstring>
#include <list>
#include <optional>
#include <unordered_map>

#include "base/crypto/digest.h"
#include "outrigger/clock.h"

namespace outrigger::filters {

// A keyed digest is as good as random: any part of it is a hash.
struct DigestHash {
  std::size_t operator()(const base::crypto::Digest& digest) const {
    std::size_t hash = 0;
    std::memcpy(&hash, digest.data(), sizeof hash);
    return hash;
  }
};

// What is worth remembering for a while, by keyed digest, so that nothing that was shown is kept. At most so many; the
// least recently used goes. Cost: a look-up. Thread: its owner locks.
template <typename Value>
class Recent {
 public:
  using Digest = base::crypto::Digest;

  explicit Recent(std::size_t most) : most_(most) {}

  // Nothing: unknown, or too old.
  std::optional<Value> find(const Digest& digest, Instant now) {
    const auto found = places_.find(digest);
    if (found == places_.end()) return std::nullopt;
    if (found->second->until > now) {
      order_.splice(order_.begin(), order_, found->second);
      return found->second->value;
    }
    order_.erase(found->second);
    places_.erase(found);
    return std::nullopt;
  }
  // What is known already stays.
  void put(const Digest& digest, Value value, Instant until) {
    if (places_.contains(digest)) return;
    order_.push_front({digest, std::move(value), until});
    places_[digest] = order_.begin();
    if (order_.size() <= most_) return;
    places_.erase(order_.back().digest);
    order_.pop_back();
  }
  std::size_t size() const { return order_.size(); }

 private:
  struct Entry {
    Digest digest;
    Value value;
    Instant until;
  };
  using Order = std::list<Entry>;  // most recently used first

  std::size_t most_;
  Order order_;
  std::unordered_map<Digest, typename Order::iterator, DigestHash> places_;
};

}  // namespace outrigger::filters
