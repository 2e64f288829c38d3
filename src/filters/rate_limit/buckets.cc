#include "filters/rate_limit/buckets.h"

#include <algorithm>

#include "base/random.h"

namespace outrigger::filters {

Allowance::Allowance(Rate rate, std::uint32_t burst)
    : interval(std::max<std::int64_t>(1, static_cast<std::int64_t>(1e9 / rate.per_second))),
      tolerance(interval * std::max(1U, burst)) {}

Taken take_one(const Allowance& allowance, Instant now, Instant& next) {
  const Instant due = std::max(now, next) + allowance.interval;
  const Instant allowed_at = due - allowance.tolerance;
  Taken taken;
  taken.allowed = allowed_at <= now;
  if (taken.allowed) {
    next = due;
    taken.remaining = static_cast<std::uint64_t>((now - allowed_at) / allowance.interval);
  } else {
    taken.retry_after = allowed_at - now;
  }
  taken.reset_after = std::max<Duration>(Duration(0), next - now);
  return taken;
}

Buckets::Buckets(Allowance allowance, std::size_t most_keys, stats::Counter evicted)
    : allowance_(allowance),
      most_in_shard_(std::max<std::size_t>(1, most_keys / kShards)),
      evicted_(evicted),
      hash_(random_bits(), random_bits()) {
  for (Shard& shard : shards_) shard.entries = decltype(shard.entries)(0, Hash(hash_));
}

void Buckets::Shard::link(Entry& entry) {
  entry.newer = nullptr;
  entry.older = newest;
  (newest == nullptr ? oldest : newest->newer) = &entry;
  newest = &entry;
}

void Buckets::Shard::unlink(Entry& entry) {
  (entry.newer == nullptr ? newest : entry.newer->older) = entry.older;
  (entry.older == nullptr ? oldest : entry.older->newer) = entry.newer;
}

Buckets::Entry& Buckets::entry_of(Shard& shard, std::string_view key, Instant now) {
  const auto found = shard.entries.find(key);
  if (found != shard.entries.end()) {
    shard.unlink(found->second);
    shard.link(found->second);
    return found->second;
  }
  if (shard.entries.size() >= most_in_shard_) {
    Entry& oldest = *shard.oldest;
    if (oldest.next > now) evicted_.add();  // one whose burst is full again is no loss
    shard.unlink(oldest);
    shard.entries.erase(shard.entries.find(*oldest.key));
  }
  const auto made = shard.entries.emplace(std::string(key), Entry{.next = now}).first;
  made->second.key = &made->first;
  shard.link(made->second);
  return made->second;
}

Taken Buckets::take(std::string_view key, Instant now) {
  Shard& shard = shards_[(hash_(key) >> 32) % kShards];
  const std::lock_guard lock(shard.mutex);
  return take_one(allowance_, now, entry_of(shard, key, now).next);
}

std::size_t Buckets::size() const {
  std::size_t all = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    all += shard.entries.size();
  }
  return all;
}

}  // namespace outrigger::filters
