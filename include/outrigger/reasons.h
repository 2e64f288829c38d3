#pragma once

#include <string_view>

#include "outrigger/exchange.h"

namespace outrigger {

// Why it came so, for people: calls `say` with each part, what was decided in order, then how it failed unless that was
// said. `detail` says more of the failure; empty: its own text does.
template <typename Say>
void say_why(const Exchange& exchange, Failure failure, std::string_view detail, Say say) {
  bool is_said = failure == Failure::none;
  for (const Decision* decision = exchange.decisions(); decision != nullptr; decision = decision->next) {
    say(decision->what);
    is_said = is_said || decision->by == describe(failure).token;
  }
  if (!is_said) say(detail.empty() ? describe(failure).text : detail);
}

}  // namespace outrigger
