#include "filters/circuit_breaker/endpoint_breakers.h"

namespace outrigger::filters {
namespace {

class BreakerGate final : public EndpointGate {
 public:
  BreakerGate(std::shared_ptr<const Conditions> failures, std::shared_ptr<BreakerState> state)
      : failures_(std::move(failures)), state_(std::move(state)) {}

  Verdict may_pick(Instant now) override { return state_->may_enter(now) ? Verdict::yes : Verdict::no; }
  // Another worker may have taken the last probe meanwhile: then this try goes uncounted.
  PickTicket on_pick(Instant now) override { return state_->try_enter(now).detach(); }
  void on_answer(PickTicket ticket, Instant now) override { state_->answered(ticket, now); }
  void on_cancel(PickTicket ticket) override { (void)state_->attach(ticket); }
  Instant good_since() const override { return state_->closed_since(); }

  void on_result(const TryOutcome& outcome, Instant now) override {
    auto permit = state_->attach(outcome.ticket);
    if (!permit) return;
    const Failure failure = outcome.cut != Failure::none ? outcome.cut : outcome.failure;
    const bool failed = failures_->matches(failure, failure == Failure::none ? outcome.status : std::uint16_t{0}) ||
                        failures_->matches(outcome.grpc_status);
    if (!failed && (failure != Failure::none || outcome.is_left)) {
      return permit.leave(outcome.status != 0, outcome.duration, now);
    }
    permit.report(!failed, is_connect_failure(failure), outcome.duration, now);
  }

 private:
  const std::shared_ptr<const Conditions> failures_;
  const std::shared_ptr<BreakerState> state_;
};

}  // namespace

std::unique_ptr<EndpointGate> EndpointBreakers::make_gate(std::string_view endpoint) {
  return std::make_unique<BreakerGate>(failures_, state_of_(endpoint));
}

}  // namespace outrigger::filters
