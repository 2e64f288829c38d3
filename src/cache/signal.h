#pragma once

#include "outrigger/background.h"

namespace outrigger::cache {

// Something that happens once, as something to wait for: perform() is when it does.
class Signal final : public Job {
 private:
  void run() noexcept override {}
};

}  // namespace outrigger::cache
