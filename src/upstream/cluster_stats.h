#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "outrigger/failure.h"
#include "outrigger/stats.h"

namespace outrigger::upstream {

// Counts of one upstream, their label resolved. Every worker makes one; they share the cells. Copying is cheap.
class ClusterStats {
 public:
  ClusterStats() = default;
  explicit ClusterStats(const std::string& upstream);

  // What a try came to: a status of the service, or a failure.
  void count_try(std::uint16_t status) const { by_class_[status / 100 % 6].add(); }
  void count_try(Failure failure) const;

  stats::Gauge in_flight, queued;
  stats::Counter queue_full, queue_timeout;
  stats::Gauge connections_open, connections_idle;
  stats::Counter connections_opened, connections_reused, address_fallbacks, tls_resumed, replays, failovers;
  stats::Histogram connect_time;  // to an open connection, TLS included
  stats::Histogram head_time;     // of a try: from its begin to the final response head
  stats::Gauge endpoints;
  stats::Counter lookups, failed_lookups;

 private:
  std::string upstream_;
  std::array<stats::Counter, 6> by_class_;
};

}  // namespace outrigger::upstream
