#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/siphash.h"
#include "cache/fill.h"
#include "cache/memory_store.h"
#include "filters/cache/options.h"
#include "filters/place.h"
#include "outrigger/filter.h"

namespace outrigger::filters {

// What all workers share of one `cache` in the file: the answers, what is on its way, and what is known of keys. A
// reload that does not change the filter keeps it. Thread: any.
struct CacheState {
  CacheState(const CacheOptions& options, const FilterContext& context);

  const base::SipHash hash;
  Place place;  // enlist_cache() again when it moved: metrics go by it
  const std::string listener, route, upstream;
  const std::uint64_t max_bytes;
  const std::unique_ptr<cache::Store> store;
  cache::Flights flights;
  cache::PassMarks passes;   // keys whose answers are not for everybody
  cache::PassMarks failing;  // keys whose service failed just now

  // Which answers an operator means.
  struct Selection {
    enum class By : std::uint8_t { url, prefix, host, tag, all };
    By by = By::all;
    std::string text;
  };
  // Removes what is meant, or makes it stale with `soft`; how many. What is on its way is not stored.
  std::size_t purge(const Selection& selection, bool soft);
};

// All caches of the process, for the admin API, and their metrics. Thread: any.
void enlist_cache(const std::shared_ptr<CacheState>& state);
std::vector<std::shared_ptr<CacheState>> caches();

}  // namespace outrigger::filters
