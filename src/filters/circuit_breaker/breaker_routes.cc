#include "filters/circuit_breaker/breaker_routes.h"

#include <algorithm>

namespace outrigger::filters {

void BreakerRoutes::add(std::string_view route) {
  const std::lock_guard lock(mutex_);
  if (!names_.contains(route)) names_.emplace(route);
}

std::vector<std::string> BreakerRoutes::keep(std::span<const std::string_view> routes) {
  const std::lock_guard lock(mutex_);
  std::erase_if(names_, [&](const std::string& name) {
    return !name.empty() && !std::ranges::binary_search(routes, std::string_view(name));
  });
  return {names_.begin(), names_.end()};
}

}  // namespace outrigger::filters
