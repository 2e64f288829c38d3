#include "server/admin/upstream_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "server/admin/times.h"

namespace outrigger::server {

namespace {

using nlohmann::json;

UpstreamReport& named(std::vector<UpstreamReport>& reports, const std::string& name) {
  const auto found = std::ranges::find(reports, name, &UpstreamReport::name);
  if (found != reports.end()) return *found;
  UpstreamReport& added = reports.emplace_back();
  added.name = name;
  return added;
}

void add(UpstreamReport& sum, const UpstreamReport& part) {
  sum.in_flight = part.in_flight;
  sum.queued = part.queued;
  sum.sources = part.sources;
  for (const EndpointReport& endpoint : part.endpoints) {
    const auto same = std::ranges::find_if(sum.endpoints, [&](const EndpointReport& other) {
      return other.name == endpoint.name && other.is_draining == endpoint.is_draining;
    });
    if (same == sum.endpoints.end()) {
      sum.endpoints.push_back(endpoint);
    } else {
      same->active += endpoint.active;
      same->idle += endpoint.idle;
    }
  }
}

EndpointReport report_of(const upstream::Endpoint& endpoint) {
  EndpointReport report;
  report.name = endpoint.name();
  for (const net::Address& address : endpoint.addresses()) report.addresses.push_back(address.text());
  report.active = endpoint.active();
  report.idle = endpoint.idle();
  return report;
}

EndpointReport report_of(const upstream::Member& member, const upstream::Cluster& cluster) {
  EndpointReport report = report_of(*member.endpoint);
  report.source = cluster.settings().endpoints[member.source].address;
  report.weight = member.weight;
  report.priority = member.priority;
  report.health = cluster.health_of(*member.endpoint);
  const Duration out = cluster.ejected_until(*member.endpoint) - std::chrono::steady_clock::now();
  if (out > Duration(0)) {
    report.ejected_until = std::chrono::system_clock::now() + std::chrono::duration_cast<WallTime::duration>(out);
  }
  return report;
}

std::vector<SourceReport> sources_of(const upstream::Cluster& cluster) {
  std::vector<SourceReport> reports;
  const auto& entries = cluster.settings().endpoints;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    SourceReport& report = reports.emplace_back();
    report.entry = entries[i].address;
    if (entries[i].mark.file) report.set_at = *entries[i].mark.file + ':' + std::to_string(entries[i].mark.line);
    upstream::Discovery* discovery = cluster.sources()[i]->discovery();
    if (discovery != nullptr) report.look_ups = discovery->view(std::chrono::steady_clock::now());
  }
  return reports;
}

json as_json(const SourceReport& source) {
  json made = {{"entry", source.entry}, {"set_at", source.set_at}};
  if (!source.look_ups) return made;
  made["is_failing"] = source.look_ups->is_failing;
  made["error"] = source.look_ups->error;
  made["last_good_age_ms"] = milliseconds_or_null(source.look_ups->age);
  return made;
}

json as_json(const std::optional<upstream::HealthState::View>& health) {
  if (!health) return nullptr;
  return {{"state", !health->is_known    ? "unknown"
                    : health->is_healthy ? "healthy"
                                         : "unhealthy"},
          {"last_error", health->last_error},
          {"last_error_age_ms", milliseconds_or_null(health->since_last_error)}};
}

json as_json(const EndpointReport& endpoint) {
  json made = {{"name", endpoint.name},
               {"draining", endpoint.is_draining},
               {"addresses", endpoint.addresses},
               {"active_requests", endpoint.active},
               {"idle_connections", endpoint.idle}};
  if (endpoint.is_draining) return made;
  made["source"] = endpoint.source;
  made["weight"] = endpoint.weight;
  made["priority"] = endpoint.priority;
  made["health"] = as_json(endpoint.health);
  made["ejected_until"] = endpoint.ejected_until ? json(utc(*endpoint.ejected_until)) : json(nullptr);
  return made;
}

template <typename Reports>
json list_of(const Reports& reports) {
  json list = json::array();
  for (const auto& report : reports) list.push_back(as_json(report));
  return list;
}

}  // namespace

std::vector<UpstreamReport> report_upstreams(Worker& worker) {
  std::vector<UpstreamReport> reports;
  for (const auto& [name, live] : worker.live().upstreams) {
    const upstream::Cluster& cluster = *live.cluster;
    UpstreamReport& report = named(reports, name);
    report.in_flight = cluster.slots()->in_flight();
    report.queued = cluster.slots()->queued();
    report.sources = sources_of(cluster);
    for (const upstream::Member& member : cluster.members()) report.endpoints.push_back(report_of(member, cluster));
    for (const auto& endpoint : cluster.draining()) {
      report.endpoints.push_back(report_of(*endpoint));
      report.endpoints.back().is_draining = true;
    }
  }
  return reports;
}

std::vector<UpstreamReport> merged(const std::vector<std::vector<UpstreamReport>>& views) {
  std::vector<UpstreamReport> sums;
  for (const auto& view : views) {
    for (const UpstreamReport& part : view) add(named(sums, part.name), part);
  }
  return sums;
}

json as_json(const std::vector<UpstreamReport>& upstreams) {
  json list = json::array();
  for (const UpstreamReport& upstream : upstreams) {
    list.push_back({{"name", upstream.name},
                    {"in_flight", upstream.in_flight},
                    {"queued", upstream.queued},
                    {"sources", list_of(upstream.sources)},
                    {"endpoints", list_of(upstream.endpoints)}});
  }
  return list;
}

}  // namespace outrigger::server
