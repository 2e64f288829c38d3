#pragma once

#include <string>

#include "outrigger/stats.h"

namespace outrigger::adapters::logs {

// What an adapter counts, labelled with its name. Made while the adapter is; the same name counts on after a reload.
class LogStats {
 public:
  explicit LogStats(const std::string& adapter);
  const std::string& adapter() const { return adapter_; }

  stats::Counter lines;  // events taken in
  stats::Counter filtered, over_rate;
  stats::Counter unparsed, cut, invalid, binary;  // events that say so in a field
  stats::Counter delivered;                       // records that the output took
  stats::Counter batches, retries;
  stats::Gauge queued_bytes, spooled_bytes;
  stats::Gauge files, connections;
  stats::Counter rotated, truncated, lost_files, skipped_files;
  stats::Counter refused_connections, broken_frames;
  stats::Counter state_failures, spool_failures;

  // Records that nobody will see. `reason`: memory_full, spool_full, spool_unreadable, form_changed, refused,
  // removed, shutdown, socket_buffer.
  stats::Counter lost(const char* reason) const;

 private:
  std::string adapter_;
};

}  // namespace outrigger::adapters::logs
