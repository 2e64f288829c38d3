#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "server/worker.h"

namespace outrigger::server {

// An entry of `endpoints:` as the admin API shows it.
struct SourceReport {
  std::string entry;   // "dns://app.example:80"
  std::string set_at;  // "outrigger.yaml:12"
  std::optional<upstream::Discovery::View> look_ups;
};

struct EndpointReport {
  std::string name;
  bool is_draining = false;  // no part of the upstream any more
  std::vector<std::string> addresses;
  std::string source;  // its entry
  std::uint32_t weight = 0;
  std::uint32_t priority = 0;
  std::optional<upstream::HealthState::View> health;  // nothing: it is not checked
  std::optional<WallTime> ejected_until;
  std::size_t active = 0;  // requests
  std::size_t idle = 0;    // connections
};

struct UpstreamReport {
  std::string name;
  std::uint32_t in_flight = 0;  // of the process
  std::uint32_t queued = 0;
  std::vector<SourceReport> sources;
  std::vector<EndpointReport> endpoints;
};

// One worker's view. Thread: the worker's.
std::vector<UpstreamReport> report_upstreams(Worker& worker);
// The views of all workers as one: requests and connections of an endpoint are added up, the rest is the same in all.
std::vector<UpstreamReport> merged(const std::vector<std::vector<UpstreamReport>>& views);
nlohmann::json as_json(const std::vector<UpstreamReport>& upstreams);

}  // namespace outrigger::server
