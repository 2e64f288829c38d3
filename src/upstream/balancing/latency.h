#pragma once

#include <cmath>

#include "outrigger/clock.h"

namespace outrigger::upstream {

// The latency of an endpoint as peak EWMA: a longer one counts at once and in full, shorter ones draw the average down
// over kDecay, and so does silence. Nanoseconds; 0: never measured.
class Latency {
 public:
  static constexpr Duration kDecay = std::chrono::seconds(10);

  void observe(Duration sample, Instant now) {
    const auto value = static_cast<double>(sample.count());
    const double share = age(now);
    average_ = value > average_ ? value : average_ * share + value * (1 - share);
    at_ = now;
  }
  double at(Instant now) const { return average_ * age(now); }

 private:
  double age(Instant now) const {
    return std::exp(-static_cast<double>((now - at_).count()) / static_cast<double>(kDecay.count()));
  }
  double average_ = 0;
  Instant at_{};
};

}  // namespace outrigger::upstream
