#include "upstream/health/outlier_gates.h"

#include <limits>

#include "config/load.h"
#include "upstream/health/outlier_group.h"

namespace outrigger::upstream {

namespace {

bool is_failure(const TryOutcome& outcome) {
  if (outcome.cut != Failure::none) return true;
  return outcome.failure != Failure::none ? describe(outcome.failure).side == Side::upstream
                                          : outcome.status >= 502 && outcome.status <= 504;
}

class OutlierGate final : public EndpointGate {
 public:
  OutlierGate(std::shared_ptr<OutlierGroup> group, std::string_view endpoint)
      : group_(std::move(group)), state_(group_->state(endpoint)) {}
  Verdict may_pick(Instant now) override { return state_->is_ejected(now) ? Verdict::avoid : Verdict::yes; }
  Instant good_since() const override { return state_->ejected_until(); }
  void on_result(const TryOutcome& outcome, Instant now) override {
    if (outcome.is_left && !is_failure(outcome)) return;
    group_->on_result(*state_, is_failure(outcome), now);
  }

 private:
  std::shared_ptr<OutlierGroup> group_;
  std::shared_ptr<OutlierGroup::State> state_;
};

class OutlierGates final : public EndpointGateMaker {
 public:
  explicit OutlierGates(std::shared_ptr<OutlierGroup> group) : group_(std::move(group)) {}
  std::unique_ptr<EndpointGate> make_gate(std::string_view endpoint) override {
    return std::make_unique<OutlierGate>(group_, endpoint);
  }

 private:
  std::shared_ptr<OutlierGroup> group_;
};

}  // namespace

std::shared_ptr<OutlierGroup> outlier_group(const config::Upstream& upstream, KeyedStore& store) {
  const std::string key = "outlier\n" + upstream.name + '\n' + config::normal_form(upstream.outlier);
  const auto make = [&] {
    auto made = std::make_shared<OutlierGroup>(upstream.name, upstream.outlier);
    stats::gauge_callback("outrigger_upstream_endpoints_ejected", "Endpoints that are taken out for a while.",
                          {{"upstream", upstream.name}}, [weak = std::weak_ptr(made)] {
                            const auto kept = weak.lock();
                            if (!kept) return std::numeric_limits<double>::quiet_NaN();
                            return static_cast<double>(kept->ejected(std::chrono::steady_clock::now()));
                          });
    return made;
  };
  return std::static_pointer_cast<OutlierGroup>(store.find_or_make(key, make));
}

std::shared_ptr<EndpointGateMaker> make_outlier_gates(std::shared_ptr<OutlierGroup> group) {
  return std::make_shared<OutlierGates>(std::move(group));
}

}  // namespace outrigger::upstream
