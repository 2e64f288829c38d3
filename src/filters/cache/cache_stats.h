#pragma once

#include <cstdint>
#include <iterator>
#include <string_view>

#include "outrigger/filter.h"
#include "outrigger/stats.h"

namespace outrigger::filters {

// What the cache did with a request.
enum class CacheResult : std::uint8_t {
  hit,          // given, fresh
  stale,        // given, stale: while a new one is fetched, or in place of an error
  revalidated,  // given after the service said that it still holds
  miss,         // fetched, and stored
  collapsed,    // given what another request fetched
  refused,      // fetched, and not stored
  pass,         // the cache had no say
  failed,       // only what is stored was wanted, or there was no time left
};

// Counts of one filter.
class CacheStats {
 public:
  CacheStats(std::string_view place, std::string_view route);
  void count(CacheResult result) const { results_[static_cast<std::size_t>(result)].add(); }
  // Content given from the store.
  void count_bytes(std::uint64_t bytes) const { bytes_.add(static_cast<std::int64_t>(bytes)); }
  // The words of the metric, in the order of CacheResult.
  static constexpr const char* kResults[] = {"hit",       "stale",   "revalidated", "miss",
                                             "collapsed", "refused", "pass",        "failed"};
  std::int64_t total(CacheResult result) const { return results_[static_cast<std::size_t>(result)].total(); }
  std::int64_t total_bytes() const { return bytes_.total(); }

 private:
  stats::Counter results_[std::size(kResults)];
  stats::Counter bytes_;
};

}  // namespace outrigger::filters
