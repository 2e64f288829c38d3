#pragma once

#include <algorithm>

#include "outrigger/clock.h"

namespace outrigger {

// How late a loop comes to what is due, from how late its regular ticks are: a peak counts at once and halves with each
// tick that is on time, so that the backlog of a long pause is over before the pause is forgotten.
class LoopDelay {
 public:
  // A tick came `late` after it was due.
  void observe(Duration late) { value_ = std::max(late, value_ / 2); }
  Duration value() const { return value_; }

 private:
  Duration value_{};
};

}  // namespace outrigger
