#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "stats/families.h"

namespace outrigger::stats {

// The latest exemplar of each bucket, by the bucket's place; none where nothing was traced. At most one for each cell,
// and a thread brings no more than one a second: workers meet at the lock as rarely as that. OpenMetrics 1.0, section
// "Exemplars". Thread: any. Cost: a look-up, mostly.
class Exemplars {
 public:
  static Exemplars& instance();
  // Never waits: where another thread is at it, its exemplar is as good.
  void keep(std::uint32_t place, std::string_view trace_id, std::string_view span_id, double value, double time);
  std::optional<Exemplar> find(std::uint32_t place);

 private:
  struct Kept {
    std::string trace_id, span_id;
    double value, time;
  };
  std::mutex mutex_;
  std::unordered_map<std::uint32_t, Kept> by_place_;  // guarded by mutex_
};

}  // namespace outrigger::stats
