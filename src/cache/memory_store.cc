#include "cache/memory_store.h"

#include <algorithm>

namespace outrigger::cache {

Store::Found MemoryStore::find_in(const Resource& resource, const Key& key, const Headers& request, Arena& arena) {
  Found result;
  if (resource.url != key.url) return result;
  for (const Shared& entry : resource.variants) {
    if (entry->extra != key.extra) continue;
    const bool is_fit = fits(entry->vary, request, arena);
    Shared& latest = is_fit ? result.entry : result.other;
    if (!latest || entry->date >= latest->date) latest = entry;
  }
  return result;
}

Store::Found MemoryStore::find(const Key& key, const Headers& request, Arena& arena) {
  Shard& shard = shard_of(key.hash);
  const std::lock_guard lock(shard.mutex);
  const auto resource = shard.resources.find(key.hash);
  if (resource == shard.resources.end()) return {};
  Found found = find_in(resource->second, key, request, arena);
  if (!found.entry) return found;
  const auto uses = found.entry->uses.load(std::memory_order_relaxed);
  if (uses < 3) found.entry->uses.store(static_cast<std::uint8_t>(uses + 1), std::memory_order_relaxed);
  return found;
}

void MemoryStore::drop_from(Shard& shard, const Shared& entry) {
  const auto found = shard.resources.find(entry->hash);
  if (found == shard.resources.end()) return;
  std::erase(found->second.variants, entry);
  if (found->second.variants.empty()) shard.resources.erase(found);
}

void MemoryStore::unqueue(const Shared& entry) {
  const std::lock_guard lock(queues_mutex_);
  queues_.remove(entry);
}

void MemoryStore::put(Shared entry, const Headers& request, Arena& arena) {
  if (!entry->is_whole()) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  const std::uint64_t memory = entry->memory();
  if (memory > max_bytes_) return;
  std::vector<Shared> replaced, victims;
  {
    Shard& shard = shard_of(entry->hash);
    const std::lock_guard lock(shard.mutex);
    Resource& resource = shard.resources[entry->hash];
    if (resource.url != entry->url) {
      replaced.swap(resource.variants);
      resource.url = entry->url;
    }
    std::erase_if(resource.variants, [&](const Shared& old) {
      const bool is_same = old->extra == entry->extra && fits(old->vary, request, arena);
      if (is_same) replaced.push_back(old);
      return is_same;
    });
    resource.variants.push_back(entry);
    const std::lock_guard queues_lock(queues_mutex_);
    for (const Shared& old : replaced) queues_.remove(old);
    queues_.add(entry, memory, victims);
  }
  evictions_.fetch_add(victims.size(), std::memory_order_relaxed);
  for (const Shared& victim : victims) {
    Shard& shard = shard_of(victim->hash);
    const std::lock_guard lock(shard.mutex);
    drop_from(shard, victim);
  }
}

void MemoryStore::remove(const Shared& entry) {
  Shard& shard = shard_of(entry->hash);
  const std::lock_guard lock(shard.mutex);
  drop_from(shard, entry);
  unqueue(entry);
}

std::size_t MemoryStore::remove_url(std::string_view url, std::uint64_t hash) {
  std::vector<Shared> removed;  // ends behind the locks
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.resources.find(hash);
  if (found == shard.resources.end() || found->second.url != url) return 0;
  removed.swap(found->second.variants);
  shard.resources.erase(found);
  for (const Shared& entry : removed) unqueue(entry);
  return removed.size();
}

std::size_t MemoryStore::purge(const std::function<bool(const Entry&)>& is_meant, bool soft) {
  std::size_t count = 0;
  for (Shard& shard : shards_) {
    std::vector<Shared> meant;
    const std::lock_guard lock(shard.mutex);
    for (const auto& [hash, resource] : shard.resources) {
      std::ranges::copy_if(resource.variants, std::back_inserter(meant), [&](const Shared& e) { return is_meant(*e); });
    }
    count += meant.size();
    for (const Shared& entry : meant) {
      if (soft) {
        entry->is_soft_purged.store(true, std::memory_order_relaxed);
      } else {
        drop_from(shard, entry);
        unqueue(entry);
      }
    }
  }
  return count;
}

StoreCounts MemoryStore::counts() const {
  const std::lock_guard lock(queues_mutex_);
  return {queues_.size(), queues_.bytes(), evictions_.load(std::memory_order_relaxed),
          refused_.load(std::memory_order_relaxed)};
}

}  // namespace outrigger::cache
