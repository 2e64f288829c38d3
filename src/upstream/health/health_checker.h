#pragma once

#include <memory>

#include "event/event_loop.h"
#include "outrigger/endpoint_gate.h"
#include "upstream/health/health_probe.h"
#include "upstream/health/health_state.h"

namespace outrigger::upstream {

// This worker's share in the checks of one endpoint. Thread: its worker.
class HealthChecker {
 public:
  HealthChecker(EventLoop& loop, std::shared_ptr<Endpoint> endpoint, const config::HealthCheck& settings,
                std::shared_ptr<HealthState> state);

  const std::shared_ptr<Endpoint>& endpoint() const { return endpoint_; }

 private:
  void tick();
  void on_result(const std::string& error);

  EventLoop& loop_;
  std::shared_ptr<Endpoint> endpoint_;
  config::HealthCheck settings_;
  std::shared_ptr<HealthState> state_;
  std::unique_ptr<HealthProbe> probe_;
  Timer timer_;
};

// Gates that keep requests from endpoints that checks found unhealthy, while others are left.
std::shared_ptr<EndpointGateMaker> make_health_gates(std::shared_ptr<HealthBoard> board);

}  // namespace outrigger::upstream
