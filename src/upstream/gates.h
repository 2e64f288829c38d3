#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "outrigger/endpoint_gate.h"

namespace outrigger::upstream {

// All gates of one endpoint.
class Gates {
 public:
  using Verdict = EndpointGate::Verdict;
  using Makers = std::vector<std::shared_ptr<EndpointGateMaker>>;

  Gates(const Makers& makers, std::string_view endpoint) {
    for (const auto& maker : makers) gates_.push_back(maker->make_gate(endpoint));
  }

  // The strictest verdict.
  Verdict may_pick(Instant now) const {
    Verdict strictest = Verdict::yes;
    for (const auto& gate : gates_) strictest = std::max(strictest, gate->may_pick(now));
    return strictest;
  }
  // The latest of all.
  Instant good_since() const {
    Instant latest{};
    for (const auto& gate : gates_) latest = std::max(latest, gate->good_since());
    return latest;
  }
  void on_pick(Instant now) const {
    for (const auto& gate : gates_) gate->on_pick(now);
  }
  void on_result(const TryOutcome& outcome, Instant now) const {
    for (const auto& gate : gates_) gate->on_result(outcome, now);
  }
  void on_cancel() const {
    for (const auto& gate : gates_) gate->on_cancel();
  }

 private:
  std::vector<std::unique_ptr<EndpointGate>> gates_;
};

}  // namespace outrigger::upstream
