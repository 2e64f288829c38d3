#pragma once

#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace outrigger::filters {

// The routes that a filter of the scope `route` has breakers for. A breaker is made with a route's first request; by
// this a reload finds those that there are, before a request asks for them. Thread: any; takes a lock.
class BreakerRoutes {
 public:
  void add(std::string_view route);
  // Those that are among `routes` (sorted), and "" for requests that have none; the others are forgotten.
  std::vector<std::string> keep(std::span<const std::string_view> routes);

 private:
  std::mutex mutex_;
  std::set<std::string, std::less<>> names_;  // guarded by mutex_
};

}  // namespace outrigger::filters
