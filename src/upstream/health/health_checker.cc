#include "upstream/health/health_checker.h"

namespace outrigger::upstream {

namespace {

class HealthGate final : public EndpointGate {
 public:
  explicit HealthGate(std::shared_ptr<HealthState> state) : state_(std::move(state)) {}
  Verdict may_pick(Instant) override { return state_->is_healthy() ? Verdict::yes : Verdict::avoid; }
  void on_result(const TryOutcome&, Instant) override {}
  Instant good_since() const override { return state_->healthy_since(); }

 private:
  std::shared_ptr<HealthState> state_;
};

class HealthGates final : public EndpointGateMaker {
 public:
  explicit HealthGates(std::shared_ptr<HealthBoard> board) : board_(std::move(board)) {}
  std::unique_ptr<EndpointGate> make_gate(std::string_view endpoint) override {
    return std::make_unique<HealthGate>(board_->state(endpoint));
  }

 private:
  std::shared_ptr<HealthBoard> board_;
};

}  // namespace

HealthChecker::HealthChecker(EventLoop& loop, std::shared_ptr<Endpoint> endpoint, const config::HealthCheck& settings,
                             std::shared_ptr<HealthState> state)
    : loop_(loop), endpoint_(std::move(endpoint)), settings_(settings), state_(std::move(state)), timer_(loop, [this] {
        tick();
      }) {
  timer_.start(Duration::zero());
}

// While a name has no address there is nothing to check.
void HealthChecker::tick() {
  const Instant now = loop_.now();
  if (endpoint_->addresses().empty()) return timer_.start(settings_.fast_interval);
  if (!state_->claim(now)) return timer_.start(state_->until_due(now));
  probe_ = std::make_unique<HealthProbe>(loop_, endpoint_, settings_,
                                         [this](const std::string& error) { on_result(error); });
}

void HealthChecker::on_result(const std::string& error) {
  state_->report(error, loop_.now());
  timer_.start(state_->until_due(loop_.now()));
  probe_.reset();
}

std::shared_ptr<EndpointGateMaker> make_health_gates(std::shared_ptr<HealthBoard> board) {
  return std::make_shared<HealthGates>(std::move(board));
}

}  // namespace outrigger::upstream
