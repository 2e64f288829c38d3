#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "outrigger/endpoint_gate.h"

namespace outrigger::upstream {

// All gates of one endpoint.
class Gates {
 public:
  using Verdict = EndpointGate::Verdict;
  using Makers = std::vector<std::shared_ptr<EndpointGateMaker>>;
  // Of those gates that are filters; they come first.
  using Tickets = std::array<PickTicket, kMostFilterGates>;

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
  Tickets on_pick(Instant now) const {
    Tickets tickets{};
    for (std::size_t i = 0; i < gates_.size(); ++i) {
      const PickTicket ticket = gates_[i]->on_pick(now);
      if (i < tickets.size()) tickets[i] = ticket;
    }
    return tickets;
  }
  void on_result(TryOutcome outcome, Instant now, const Tickets& tickets) const {
    for (std::size_t i = 0; i < gates_.size(); ++i) {
      outcome.ticket = i < tickets.size() ? tickets[i] : 0;
      gates_[i]->on_result(outcome, now);
    }
  }
  // To those that gave a ticket.
  void on_answer(Instant now, const Tickets& tickets) const {
    static_assert(kMostFilterGates == 4);
    if ((tickets[0] | tickets[1] | tickets[2] | tickets[3]) == 0) return;  // as for nearly every request
    for (std::size_t i = 0; i < tickets.size(); ++i) {
      if (tickets[i] != 0) gates_[i]->on_answer(tickets[i], now);
    }
  }
  void on_cancel(const Tickets& tickets) const {
    for (std::size_t i = 0; i < gates_.size(); ++i) gates_[i]->on_cancel(i < tickets.size() ? tickets[i] : 0);
  }

 private:
  std::vector<std::unique_ptr<EndpointGate>> gates_;
};

}  // namespace outrigger::upstream
