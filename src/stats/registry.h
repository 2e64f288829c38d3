#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "outrigger/stats.h"

namespace outrigger::stats {

enum class Kind : std::uint8_t { counter, gauge, histogram, gauge_callback, counter_callback };

// One label set of a family.
struct Series {
  Labels labels;
  std::uint32_t place = 0;  // of a histogram: the buckets, then the sum
  std::function<double()> read;
};

struct Family {
  std::string help;
  Kind kind = Kind::counter;
  std::map<Labels, Series> series;
};

class Registry {
 public:
  static Registry& instance();
  Series& series(std::string_view name, std::string_view help, Kind kind, const Labels& labels);
  void callback(std::string_view name, std::string_view help, Kind kind, const Labels& labels,
                std::function<double()> read);
  // Calls `visit(name, family)` under the lock, by name.
  void for_each(const std::function<void(const std::string&, const Family&)>& visit);

 private:
  Series& find_or_make(std::string_view name, std::string_view help, Kind kind, const Labels& labels);
  std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;  // guarded by mutex_
  std::uint32_t used_ = 1;                               // guarded by mutex_: places; 0 is the one nobody sees
};

}  // namespace outrigger::stats
