#pragma once

#include <mutex>
#include <string>
#include <string_view>

namespace outrigger::filters {

// Where the filter stands in the file whose state this belongs to: a reload may move it. Thread: any.
class Place {
 public:
  explicit Place(std::string_view text) : text_(text) {}
  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }
  bool is(std::string_view text) const {
    const std::lock_guard lock(mutex_);
    return text_ == text;
  }
  // True when that is news.
  bool move_to(std::string_view text) {
    const std::lock_guard lock(mutex_);
    if (text_ == text) return false;
    text_ = text;
    return true;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;  // guarded by mutex_
};

}  // namespace outrigger::filters
