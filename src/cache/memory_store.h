#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "cache/eviction.h"
#include "cache/store.h"

namespace outrigger::cache {

// Answers in memory, shared by all workers, together at most `max_bytes` with all that is needed to keep them.
//
// The index has 64 shards with a lock each, held for one look-up. A hit counts a use and takes a reference; the queues
// of the eviction have a lock of their own that only changes take. Locks are taken in the order shard, queues.
class MemoryStore final : public Store {
 public:
  explicit MemoryStore(std::uint64_t max_bytes) : max_bytes_(max_bytes), queues_(max_bytes) {}

  Found find(const Key& key, const Headers& request, Arena& arena) override;
  void put(std::shared_ptr<const Entry> entry, const Headers& request, Arena& arena) override;
  void remove(const std::shared_ptr<const Entry>& entry) override;
  std::size_t remove_url(std::string_view url, std::uint64_t hash) override;
  std::size_t purge(const std::function<bool(const Entry&)>& is_meant, bool soft) override;
  StoreCounts counts() const override;

 private:
  using Shared = std::shared_ptr<const Entry>;
  struct Traits {
    static std::uint64_t hash(const Shared& entry) { return entry->hash; }
    static std::uint8_t uses(const Shared& entry) { return entry->uses.load(std::memory_order_relaxed); }
    static void set_uses(const Shared& entry, std::uint8_t uses) { entry->uses.store(uses, std::memory_order_relaxed); }
  };
  // What is told apart by what the service said it varies by, the latest last. Looked through under the lock, so only
  // so many: whoever asks with ever other values makes no list without end.
  using Variants = std::vector<Shared>;
  static constexpr std::size_t kMostVariants = 64;
  // All of one URL, by what the key has besides.
  struct Resource {
    std::string url;
    std::map<std::string, Variants, std::less<>> variants;
    void move_to(std::vector<Shared>& entries);
  };
  // By the hash of the URL, which has a secret key: that two URLs have the same one is checked, not provided for.
  using Resources = std::unordered_map<std::uint64_t, Resource>;
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    Resources resources;  // guarded by mutex
  };
  static constexpr std::size_t kShards = 64;

  Shard& shard_of(std::uint64_t hash) { return shards_[hash % kShards]; }
  static Found find_in(const Resource& resource, const Key& key, const Headers& request, Arena& arena);
  // `entry` in place of those that the same request would have found; the one that goes for it is in `crowded`.
  static void put_into(Resource& resource, const Shared& entry, const Headers& request, Arena& arena,
                       std::vector<Shared>& replaced, std::vector<Shared>& crowded);
  static void drop_from(Shard& shard, const Shared& entry);
  void unqueue(const Shared& entry);

  const std::uint64_t max_bytes_;
  std::array<Shard, kShards> shards_;
  mutable std::mutex queues_mutex_;
  S3Fifo<Shared, Traits> queues_;  // guarded by queues_mutex_
  std::atomic<std::uint64_t> evictions_{0}, refused_{0};
};

}  // namespace outrigger::cache
