#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "cache/entry.h"

namespace outrigger::cache {

struct StoreCounts {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;  // all overhead included
  std::uint64_t evictions = 0;
  std::uint64_t refused = 0;  // that were not whole
};

// Where complete answers are kept. In memory, or one day behind it on a disk. Thread: any.
class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  virtual ~Store() = default;

  // The answer that fits the key and the request; of several the latest. Null: none. `other` is then one for the key
  // that does not fit, if there is any: it tells what the answers vary by.
  struct Found {
    std::shared_ptr<const Entry> entry;
    std::shared_ptr<const Entry> other;
  };
  virtual Found find(const Key& key, const Headers& request, Arena& arena) = 0;
  // Takes the entry, in place of one that the same request would have found. Others may be evicted for it. One that is
  // larger than the whole store is not taken, nor one that is not whole. One key has 64 variants at most: the oldest
  // goes for the next.
  virtual void put(std::shared_ptr<const Entry> entry, const Headers& request, Arena& arena) = 0;
  virtual void remove(const std::shared_ptr<const Entry>& entry) = 0;
  // Everything of that URL; how many.
  virtual std::size_t remove_url(std::string_view url, std::uint64_t hash) = 0;
  // Every entry for which `is_meant` is true is removed, or with `soft` stale from now on; how many. Looks at all
  // entries, a part at a time: for operators, not for requests.
  virtual std::size_t purge(const std::function<bool(const Entry&)>& is_meant, bool soft) = 0;
  virtual StoreCounts counts() const = 0;
};

}  // namespace outrigger::cache
