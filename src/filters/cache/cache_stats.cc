#include "filters/cache/cache_stats.h"

#include <string>

namespace outrigger::filters {

CacheStats::CacheStats(std::string_view place_of, std::string_view route_of) {
  const std::string place(place_of), route(route_of);
  for (std::size_t i = 0; i < std::size(kResults); ++i) {
    results_[i] = stats::counter("outrigger_cache_requests_total", "Requests to `cache`, by what it did with them.",
                                 {{"place", place}, {"route", route}, {"result", kResults[i]}});
  }
  bytes_ = stats::counter("outrigger_cache_hit_bytes_total", "Content given from the store.",
                          {{"place", place}, {"route", route}});
}

}  // namespace outrigger::filters
