#include "cache/memory_store.h"

#include <algorithm>

namespace outrigger::cache {

Store::Found MemoryStore::find_in(const Resource& resource, const Key& key, const Headers& request, Arena& arena) {
  Found result;
  if (resource.url != key.url) return result;
  // Mostly the key has nothing besides the URL.
  const auto variants = key.extra.empty() ? resource.variants.begin() : resource.variants.find(key.extra);
  if (variants == resource.variants.end() || variants->first != key.extra) return result;
  for (const Shared& entry : variants->second) {
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
  auto& by_extra = found->second.variants;
  const auto variants = by_extra.find(entry->extra);
  if (variants == by_extra.end()) return;
  std::erase(variants->second, entry);
  if (variants->second.empty()) by_extra.erase(variants);
  if (by_extra.empty()) shard.resources.erase(found);
}

void MemoryStore::Resource::move_to(std::vector<Shared>& entries) {
  for (auto& [extra, of_extra] : variants) std::ranges::move(of_extra, std::back_inserter(entries));
  variants.clear();
}

void MemoryStore::unqueue(const Shared& entry) {
  const std::lock_guard lock(queues_mutex_);
  queues_.remove(entry);
}

void MemoryStore::put_into(Resource& resource, const Shared& entry, const Headers& request, Arena& arena,
                           std::vector<Shared>& replaced, std::vector<Shared>& crowded) {
  if (resource.url != entry->url) {
    resource.move_to(replaced);
    resource.url = entry->url;
  }
  Variants& variants = resource.variants[entry->extra];
  std::erase_if(variants, [&](const Shared& old) {
    const bool is_same = fits(old->vary, request, arena);
    if (is_same) replaced.push_back(old);
    return is_same;
  });
  if (variants.size() == kMostVariants) {
    crowded.push_back(std::move(variants.front()));
    variants.erase(variants.begin());
  }
  variants.push_back(entry);
}

void MemoryStore::put(Shared entry, const Headers& request, Arena& arena) {
  if (!entry->is_whole()) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  const std::uint64_t memory = entry->memory();
  if (memory > max_bytes_) return;
  std::vector<Shared> replaced, crowded, victims;
  {
    Shard& shard = shard_of(entry->hash);
    const std::lock_guard lock(shard.mutex);
    put_into(shard.resources[entry->hash], entry, request, arena, replaced, crowded);
    const std::lock_guard queues_lock(queues_mutex_);
    for (const Shared& old : replaced) queues_.remove(old);
    for (const Shared& old : crowded) queues_.remove(old);
    queues_.add(entry, memory, victims);
  }
  evictions_.fetch_add(crowded.size() + victims.size(), std::memory_order_relaxed);
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
  found->second.move_to(removed);
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
      for (const auto& [extra, variants] : resource.variants) {
        std::ranges::copy_if(variants, std::back_inserter(meant), [&](const Shared& e) { return is_meant(*e); });
      }
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
