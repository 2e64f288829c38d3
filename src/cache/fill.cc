#include "cache/fill.h"

#include <algorithm>

#include "cache/signal.h"

namespace outrigger::cache {

namespace {

std::uint64_t seconds_of(Instant instant) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(instant.time_since_epoch()).count());
}

}  // namespace

void Fill::tell() {
  std::shared_ptr<Job> waited_for;
  {
    const std::lock_guard lock(mutex_);
    waited_for = std::exchange(news_, nullptr);
  }
  if (waited_for) waited_for->perform();
}

void Fill::inform(std::shared_ptr<const StoredHead> head) {
  {
    const std::lock_guard lock(mutex_);
    interim_.push_back(std::move(head));
  }
  tell();
}

std::vector<std::shared_ptr<const StoredHead>> Fill::interim(std::size_t from) const {
  const std::lock_guard lock(mutex_);
  return {interim_.begin() + static_cast<std::ptrdiff_t>(from), interim_.end()};
}

std::shared_ptr<Job> Fill::news(std::size_t told) {
  const std::lock_guard lock(mutex_);
  if (is_done() || interim_.size() > told) return nullptr;
  if (!news_) news_ = std::make_shared<Signal>();
  return news_;
}

Flights::Joined Flights::join(const Key& key, std::string_view variant, std::uint32_t attempt, bool alone) {
  Shard& shard = shard_of(key.hash);
  const std::lock_guard lock(shard.mutex);
  Fills& fills = shard.fills[key.hash];
  if (!alone) {
    const auto found = std::ranges::find_if(fills, [&](const auto& fill) { return fill->is_for(key, variant); });
    if (found != fills.end()) return {*found, false};
  }
  auto made = std::make_shared<Fill>(key, variant, attempt);
  fills.push_back(made);
  return {std::move(made), true};
}

void Flights::remove(const std::shared_ptr<Fill>& fill) {
  Shard& shard = shard_of(fill->hash());
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.fills.find(fill->hash());
  if (found == shard.fills.end()) return;
  std::erase(found->second, fill);
  if (found->second.empty()) shard.fills.erase(found);
}

void Flights::doom(std::string_view url, std::uint64_t hash) {
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.fills.find(hash);
  if (found == shard.fills.end()) return;
  doom_in(found->second, [url](std::string_view other) { return other == url; });
  if (found->second.empty()) shard.fills.erase(found);
}

std::size_t Flights::size() const {
  std::size_t total = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const auto& [hash, fills] : shard.fills) total += fills.size();
  }
  return total;
}

void PassMarks::set(std::uint64_t hash, Instant until) {
  slot(hash).store(mark(hash, seconds_of(until)), std::memory_order_relaxed);
}

bool PassMarks::is_set(std::uint64_t hash, Instant now) const {
  const std::uint64_t value = slots_[hash % kSlots].load(std::memory_order_relaxed);
  return value >> kTimeBits == hash >> kTimeBits && (value & 0xffffffff) > seconds_of(now);
}

}  // namespace outrigger::cache
