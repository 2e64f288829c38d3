#pragma once

#include <algorithm>
#include <map>
#include <mutex>

#include "outrigger/filter.h"

namespace outrigger::server {

// The process-wide store of what outlives reloads. Keeps nothing alive: keys whose owner is gone are dropped whenever
// there are twice as many as after the latest time.
class ProcessStore final : public KeyedStore {
 public:
  std::shared_ptr<void> find_or_make(const std::string& key, std::function<std::shared_ptr<void>()> make) override {
    std::lock_guard lock(mutex_);
    std::weak_ptr<void>& item = items_[key];
    if (auto found = item.lock()) return found;
    auto made = make();
    item = made;
    if (items_.size() >= prune_at_) prune();
    return made;
  }
  std::size_t size() {
    std::lock_guard lock(mutex_);
    return items_.size();
  }

 private:
  static constexpr std::size_t kFewest = 64;  // that are worth a look

  void prune() {
    std::erase_if(items_, [](const auto& item) { return item.second.expired(); });
    prune_at_ = std::max(kFewest, 2 * items_.size());
  }

  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<void>> items_;  // guarded by mutex_
  std::size_t prune_at_ = kFewest;                    // guarded by mutex_
};

}  // namespace outrigger::server
