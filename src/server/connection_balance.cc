#include "server/connection_balance.h"

#include <algorithm>

#include "server/worker.h"

namespace outrigger::server {

namespace {

constexpr std::size_t kSlack = 8;  // a difference of one in so many is no matter

}  // namespace

void ConnectionBalance::set_workers(const std::vector<std::unique_ptr<Worker>>& workers) {
  for (const auto& worker : workers) {
    if (worker.get() != &own_) others_.push_back(worker.get());
  }
}

Worker* ConnectionBalance::lighter(Instant now) {
  if (others_.empty()) return nullptr;
  left_ = std::min(kBurst, left_ + kPerSecond * std::chrono::duration<double>(now - counted_).count());
  counted_ = now;
  if (left_ < 1) return nullptr;
  Worker* least = *std::ranges::min_element(others_, {}, &Worker::connections);
  const std::size_t fewest = least->connections();
  if (own_.connections() <= fewest + fewest / kSlack) return nullptr;
  left_ -= 1;
  return least;
}

}  // namespace outrigger::server
