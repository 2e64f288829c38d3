#pragma once

#include <map>
#include <mutex>

#include "outrigger/filter.h"

namespace outrigger::server {

// The process-wide store of what outlives reloads. What nobody uses any more is dropped at the next look.
class ProcessStore final : public KeyedStore {
 public:
  std::shared_ptr<void> find_or_make(const std::string& key, std::function<std::shared_ptr<void>()> make) override {
    std::lock_guard lock(mutex_);
    if (auto found = items_[key].lock()) return found;
    auto made = make();
    items_[key] = made;
    return made;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<void>> items_;  // guarded by mutex_
};

}  // namespace outrigger::server
