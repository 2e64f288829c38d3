#include "server/admin/upstream_report.h"

#include <algorithm>

namespace outrigger::server {

namespace {

// The element called `name`, added if there is none.
template <typename Report>
Report& named(std::vector<Report>& reports, const std::string& name) {
  const auto found = std::ranges::find(reports, name, &Report::name);
  if (found != reports.end()) return *found;
  reports.push_back({});
  reports.back().name = name;
  return reports.back();
}

void add(UpstreamReport& sum, const UpstreamReport& part) {
  sum.in_flight = part.in_flight;
  sum.queued = part.queued;
  for (const EndpointReport& endpoint : part.endpoints) {
    EndpointReport& into = named(sum.endpoints, endpoint.name);
    into.addresses = endpoint.addresses;
    into.active += endpoint.active;
    into.idle += endpoint.idle;
  }
}

}  // namespace

std::vector<UpstreamReport> report_upstreams(Worker& worker) {
  std::vector<UpstreamReport> reports;
  for (const auto& [name, live] : worker.live().upstreams) {
    UpstreamReport& report = named(reports, name);
    report.in_flight = live.cluster->slots()->in_flight();
    report.queued = live.cluster->slots()->queued();
    for (const upstream::Member& member : live.cluster->members()) {
      const auto& endpoint = member.endpoint;
      EndpointReport& item = report.endpoints.emplace_back();
      item.name = endpoint->name();
      for (const net::Address& address : endpoint->addresses()) item.addresses.push_back(address.text());
      item.active = endpoint->active();
      item.idle = endpoint->idle();
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

}  // namespace outrigger::server
