#pragma once

#include "outrigger/exchange.h"
#include "outrigger/stats.h"
#include "outrigger/trace.h"

namespace outrigger::proxy {

// `counted` went into `histogram`: if collectors have the exchange's trace, the bucket shows it.
inline void keep_exemplar(const stats::Histogram& histogram, Duration counted, const Exchange& exchange) {
  const RequestTrace* const trace = exchange.trace();
  if (trace == nullptr || !trace->is_kept()) [[likely]] {
    return;
  }
  const std::chrono::duration<double> now = exchange.wall_now().time_since_epoch();
  histogram.keep_exemplar(std::chrono::duration<double>(counted).count(), trace->trace_id(), trace->span_id(),
                          now.count());
}

}  // namespace outrigger::proxy
