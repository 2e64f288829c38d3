#include "upstream/discovery/srv_source.h"

#include <algorithm>

#include "upstream/discovery/dns_source.h"

namespace outrigger::upstream {

namespace {

constexpr std::string_view kScheme = "dns+srv://";
constexpr std::uint64_t kMostWeight = 1'000'000;

// Zero is for when there is nothing to choose, so hardly anything beside the others.
std::uint32_t weight_of(std::uint32_t entry, std::uint16_t record) {
  const std::uint64_t product = std::uint64_t{entry} * std::max<std::uint64_t>(record, 1);
  return static_cast<std::uint32_t>(std::min(product, kMostWeight));
}

}  // namespace

SrvSource::SrvSource(const config::EndpointSpec& spec, const SourceContext& context)
    : LookupSource(spec, context), name_(spec.address.substr(kScheme.size())) {
  start();
}

void SrvSource::ask() {
  lookup_ = context_.resolver->find_services(name_, [this](net::dns::Services found) {
    on_answer({.services = std::move(found.services)}, found.error, found.ttl);
  });
}

void SrvSource::use(const Answer& answer) {
  std::vector<Target> next;
  for (const net::dns::Service& service : answer.services) {
    Target target = target_of(service);
    const auto same = [&](const Target& other) { return other.spec.address == target.spec.address; };
    if (std::ranges::none_of(next, same)) next.push_back(std::move(target));  // the first has the lowest priority
  }
  std::ranges::sort(next, {}, [](const Target& target) { return target.spec.address; });  // servers turn answers round
  targets_ = std::move(next);
  collect();
}

// One that stays keeps its look-up.
SrvSource::Target SrvSource::target_of(const net::dns::Service& service) {
  Target target;
  target.spec.address = service.host + ':' + std::to_string(service.port);
  target.spec.weight = weight_of(spec_.weight, service.weight);
  target.spec.priority = spec_.priority + service.priority;
  const auto old = std::ranges::find_if(targets_, [&](const Target& other) {
    return other.source && other.spec.address == target.spec.address && other.spec.weight == target.spec.weight &&
           other.spec.priority == target.spec.priority;
  });
  if (old != targets_.end()) {
    target.source = std::move(old->source);
  } else {
    target.source = std::make_unique<DnsSource>(
        target.spec, SourceContext{context_.loop, context_.resolver, context_.stats, context_.board, *this});
    if (is_stopped()) target.source->stop();  // the services came late
  }
  return target;
}

void SrvSource::stop() {
  LookupSource::stop();
  for (const Target& target : targets_) target.source->stop();
}

void SrvSource::on_source_changed() {
  collect();
  context_.owner.on_source_changed();
}

void SrvSource::collect() {
  found_.clear();
  for (const Target& target : targets_) {
    found_.insert(found_.end(), target.source->found().begin(), target.source->found().end());
  }
}

bool SrvSource::is_pending() const {
  return LookupSource::is_pending() ||
         std::ranges::any_of(targets_, [](const Target& target) { return target.source->is_pending(); });
}

const std::string& SrvSource::error() const {
  if (!LookupSource::error().empty()) return LookupSource::error();
  const auto failed =
      std::ranges::find_if(targets_, [](const Target& target) { return !target.source->error().empty(); });
  return failed == targets_.end() ? LookupSource::error() : failed->source->error();
}

}  // namespace outrigger::upstream
