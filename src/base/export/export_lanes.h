#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/line_lane.h"
#include "outrigger/export.h"
#include "outrigger/stats.h"

namespace outrigger::base {

// What was sent to one collector, and what was not.
struct ExportStats {
  explicit ExportStats(const ExportTarget& target);
  stats::Counter sent;
  stats::Counter queue_full;   // there was no room: the collector is slow or gone
  stats::Counter unreachable;  // given up after several tries
  stats::Counter rejected;     // the collector did not want them
  stats::Counter shutdown;     // left over at the end of the process
};

// The records of one collector that wait to be sent.
struct ExportQueue {
  std::shared_ptr<const ExportStats> stats;
  std::vector<std::shared_ptr<LineLane>> lanes;
};

// Every lane that open_export() gave, by where it leads. Of the process. Thread: any.
class ExportLanes {
 public:
  static ExportLanes& instance();

  struct Opened {
    std::shared_ptr<LineLane> lane;
    std::shared_ptr<const ExportStats> stats;
  };
  Opened open(const ExportTarget& target);
  // What is to be sent, lanes aside that are closed and empty. One thread.
  std::map<ExportTarget, ExportQueue> queues();
  // `wake` is called when there is a new lane, and when one holds much. It must not open lanes. Null: nobody.
  void set_wake(std::function<void()> wake);
  void wake();

 private:
  std::mutex mutex_;
  std::map<ExportTarget, ExportQueue> queues_;  // guarded by mutex_
  std::mutex wake_mutex_;
  std::function<void()> wake_;  // guarded by wake_mutex_
};

}  // namespace outrigger::base
