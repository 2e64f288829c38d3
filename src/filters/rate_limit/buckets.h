#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/siphash.h"
#include "filters/place.h"
#include "outrigger/clock.h"
#include "outrigger/stats.h"
#include "outrigger/units.h"

namespace outrigger::filters {

// How much may come: `burst` at once, then `rate`.
struct Allowance {
  Allowance(Rate rate, std::uint32_t burst);
  Duration interval;   // between two requests at the rate
  Duration tolerance;  // how far ahead of the rate a burst may run
};

// What taking one came to.
struct Taken {
  bool allowed = false;
  std::uint64_t remaining = 0;  // how many more would be allowed at once
  Duration retry_after{};       // until the next one is; zero when allowed
  Duration reset_after{};       // until the whole burst is there again
};

// One step of the generic cell rate algorithm (ITU-T I.371): `next` is when the next request is due at the rate.
// A request that comes earlier than the tolerance allows is refused and changes nothing.
Taken take_one(const Allowance& allowance, Instant now, Instant& next);

// A bucket for each key, shared by all workers and exact across them. The least recently used key goes when there are
// too many: it starts anew with a full burst. Thread: any; each call holds one of 64 locks for a look-up.
// Memory: about 150 bytes and the key each.
class Buckets {
 public:
  Buckets(Allowance allowance, std::size_t most_keys, stats::Counter evicted);
  Buckets(const Buckets&) = delete;
  Buckets& operator=(const Buckets&) = delete;

  Taken take(std::string_view key, Instant now);
  std::size_t size() const;
  // Where the filter stands in the file.
  Place& place() { return place_; }

 private:
  struct Entry {
    Instant next;
    Entry* newer = nullptr;
    Entry* older = nullptr;
    const std::string* key = nullptr;  // the map's own
  };
  struct Hash {
    using is_transparent = void;
    Hash() : hash(0, 0) {}
    explicit Hash(base::SipHash keyed) : hash(keyed) {}
    base::SipHash hash;
    std::size_t operator()(std::string_view key) const { return hash(key); }
  };
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries;  // guarded, as the list is
    Entry* newest = nullptr;
    Entry* oldest = nullptr;
    void link(Entry& entry);
    void unlink(Entry& entry);
  };
  static constexpr std::size_t kShards = 64;
  Entry& entry_of(Shard& shard, std::string_view key, Instant now);

  Allowance allowance_;
  std::size_t most_in_shard_;
  stats::Counter evicted_;
  base::SipHash hash_;
  Place place_{{}};
  std::array<Shard, kShards> shards_;
};

}  // namespace outrigger::filters
