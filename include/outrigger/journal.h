#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "outrigger/clock.h"
#include "outrigger/failure.h"

namespace outrigger {

struct Link;

// What an exchange went through, for who asks later: `outrigger why`. Made only where requests are kept (`admin`); in
// the exchange's arena. Of very many steps or tries the first ones are kept, and how many there were.
struct Journal {
  // The request came to a filter of the file.
  struct Step {
    const Link* link;
    Instant at;
  };
  // One try at an endpoint, to the head of its answer.
  struct Try {
    std::string_view endpoint;
    Failure failure;
    std::uint16_t status;  // 0: there was no answer
    Instant begun, ended;
  };
  static constexpr std::uint32_t kMostSteps = 32;
  static constexpr std::uint32_t kMostTries = 12;

  Journal() {}  // NOLINT: what is not counted is not looked at, so it costs nothing

  void add(const Step& step) {
    if (step_count < kMostSteps) steps[step_count] = step;
    ++step_count;
  }
  void add(const Try& made) {
    if (try_count < kMostTries) tries[try_count] = made;
    ++try_count;
  }
  std::uint32_t kept_steps() const { return std::min(step_count, kMostSteps); }
  std::uint32_t kept_tries() const { return std::min(try_count, kMostTries); }

  Step steps[kMostSteps];
  Try tries[kMostTries];
  std::uint32_t step_count = 0;
  std::uint32_t try_count = 0;
  Instant answered{};  // when the head of the answer left the chain; the epoch: it did not
};

}  // namespace outrigger
