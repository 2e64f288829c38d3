#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/worker.h"

namespace outrigger::server {

// An endpoint and an upstream as the admin API shows them.
struct EndpointReport {
  std::string name;
  std::vector<std::string> addresses;
  std::size_t active = 0;  // requests
  std::size_t idle = 0;    // connections
};

struct UpstreamReport {
  std::string name;
  std::uint32_t in_flight = 0;  // of the process
  std::uint32_t queued = 0;
  std::vector<EndpointReport> endpoints;
};

// One worker's view. Thread: the worker's.
std::vector<UpstreamReport> report_upstreams(Worker& worker);
// The views of all workers as one: requests and connections of an endpoint are added up.
std::vector<UpstreamReport> merged(const std::vector<std::vector<UpstreamReport>>& views);

}  // namespace outrigger::server
