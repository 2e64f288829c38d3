#include "upstream/cluster.h"

#include <algorithm>
#include <limits>

#include "config/load.h"
#include "upstream/health/outlier_gates.h"

namespace outrigger::upstream {

namespace {

using namespace std::chrono_literals;

// The health of the endpoints as all workers see it. `before`: by other settings, perhaps; null: nothing is known.
std::shared_ptr<HealthBoard> board_of(const config::Upstream& settings, KeyedStore& store, HealthBoard* before) {
  if (!settings.health_check) return nullptr;
  const std::string key = "health\n" + settings.name + '\n' + config::normal_form(*settings.health_check);
  const auto make = [&] {
    auto board = std::make_shared<HealthBoard>(settings.name, *settings.health_check,
                                               before == nullptr ? std::vector<DownEndpoint>() : before->down());
    stats::gauge_callback("outrigger_upstream_endpoints_unhealthy", "Endpoints that active checks found unhealthy.",
                          {{"upstream", settings.name}}, [weak = std::weak_ptr(board)] {
                            const auto kept = weak.lock();
                            return kept ? static_cast<double>(kept->unhealthy())
                                        : std::numeric_limits<double>::quiet_NaN();
                          });
    return board;
  };
  return std::static_pointer_cast<HealthBoard>(store.find_or_make(key, make));
}

bool holds(const std::vector<Member>& members, const Endpoint& endpoint) {
  return std::ranges::any_of(members, [&](const Member& member) { return member.endpoint.get() == &endpoint; });
}

}  // namespace

Cluster::Cluster(const config::Upstream& settings, ClusterParts parts, const Cluster* previous)
    : settings_(settings),
      form_(config::normal_form(settings)),
      parts_(std::move(parts)),
      stats_(settings.name),
      starts_slowly_(previous != nullptr),
      outlier_(outlier_group(settings, parts_.store)),
      outlier_gates_(make_outlier_gates(outlier_)),
      health_(board_of(settings, parts_.store, previous == nullptr ? nullptr : previous->health_.get())),
      discovery_(DiscoveryBoard::of(settings.name, parts_.store)),
      balancer_(settings.load_balancing, settings.slow_start) {
  if (previous != nullptr) {
    retired_ = previous->retired_;
    inherited_ = previous->inherited_;
    const std::vector<Member>& members = previous->balancer_.members();
    inherited_.insert(inherited_.end(), members.begin(), members.end());
  }
  for (const config::EndpointSpec& spec : settings.endpoints) {
    sources_.push_back(make_source(spec, {parts_.loop, parts_.resolver, stats_, discovery_, *this}));
  }
  update_members();
  starts_slowly_ = true;
}

Cluster::~Cluster() = default;

bool Cluster::is_made_of(const config::Upstream& settings, const ClusterParts& parts) const {
  return parts.resolver == parts_.resolver && parts.tls == parts_.tls && config::normal_form(settings) == form_;
}

void Cluster::hand_over() {
  is_handed_over_ = true;
  checkers_.clear();
  for (const auto& source : sources_) source->stop();
}

void Cluster::remove() {
  hand_over();
  for (const Member& member : balancer_.members()) member.endpoint->retire();
  for (const Member& member : inherited_) member.endpoint->retire();
  stats_.endpoints.set(0);
}

void Cluster::on_source_changed() {
  update_members();
  IntrusiveList<Waiter> now;
  waiters_.for_each([&](Waiter& waiter) { now.push_back(waiter); });
  while (!now.empty()) {
    Waiter& waiter = now.front();
    waiter.unlink();
    waiter.on_endpoints_changed();
  }
}

void Cluster::update_members() {
  std::vector<Member> next;
  const Gates::Makers makers = gate_makers();
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    for (const Found& found : sources_[i]->found()) {
      next.push_back(member_for(found, makers));
      next.back().source = i;
    }
  }
  if (!is_handed_over_) {
    retire_all_but(next);
    stats_.endpoints.set(static_cast<std::int64_t>(next.size()));
  }
  balancer_.set_members(std::move(next));
  update_checkers();
}

// An endpoint that stays keeps its checker, and so its place in the row of checks.
void Cluster::update_checkers() {
  if (!health_ || is_handed_over_) return checkers_.clear();
  std::vector<std::unique_ptr<HealthChecker>> next;
  for (const Member& member : balancer_.members()) {
    const auto old = std::ranges::find_if(
        checkers_, [&](const auto& checker) { return checker && checker->endpoint() == member.endpoint; });
    next.push_back(old != checkers_.end()
                       ? std::move(*old)
                       : std::make_unique<HealthChecker>(parts_.loop, member.endpoint, *settings_.health_check,
                                                         health_->state(member.endpoint->name())));
  }
  checkers_ = std::move(next);
}

Gates::Makers Cluster::gate_makers() const {
  Gates::Makers makers = filter_gates_;
  makers.push_back(outlier_gates_);
  if (health_) makers.push_back(make_health_gates(health_));
  return makers;
}

void Cluster::set_filter_gates(Gates::Makers makers) {
  if (makers.empty() && filter_gates_.empty()) return;
  filter_gates_ = std::move(makers);
  std::vector<Member> members = balancer_.members();
  const Gates::Makers all = gate_makers();
  for (Member& member : members) member.gates = std::make_shared<Gates>(all, member.endpoint->name());
  balancer_.set_members(std::move(members));
}

// Endpoints that stay keep their gates.
Member Cluster::member_for(const Found& found, const Gates::Makers& makers) {
  Member member{.endpoint = endpoint_for(found), .gates = nullptr, .weight = found.weight, .priority = found.priority};
  member.since = starts_slowly_ ? parts_.loop.now() : Instant();
  member.endpoint->set_addresses(found.addresses);
  member.endpoint->set_most_idle(settings_.limits.in_flight);
  share_load(*member.endpoint);
  for (const Member& old : inherited_) {
    if (old.endpoint == member.endpoint) member.credit = old.credit, member.since = old.since;
  }
  for (const Member& old : balancer_.members()) {
    if (old.endpoint == member.endpoint) member.gates = old.gates, member.credit = old.credit, member.since = old.since;
  }
  if (!member.gates) member.gates = std::make_shared<Gates>(makers, found.name);
  return member;
}

// The endpoint of that name which is here already, so that its connections go on, or a new one.
std::shared_ptr<Endpoint> Cluster::endpoint_for(const Found& found) {
  EndpointTls tls{.context = nullptr,
                  .server_name = {},
                  .proxy_protocol = settings_.proxy_protocol,
                  .lenient_head = settings_.legacy && settings_.legacy->lenient_head};
  if (parts_.tls) {
    tls.context = parts_.tls;
    tls.server_name = settings_.tls->server_name.empty() ? found.host : settings_.tls->server_name;
  }
  // Without TLS nobody asks.
  if (parts_.tls || settings_.protocol == config::Protocol::http2) tls.protocol = settings_.protocol;
  const auto is_it = [&](const Endpoint& endpoint) { return endpoint.name() == found.name && endpoint.tls() == tls; };
  for (const Member& member : balancer_.members()) {
    if (is_it(*member.endpoint)) return member.endpoint;
  }
  for (const Member& member : inherited_) {
    if (is_it(*member.endpoint)) return member.endpoint;
  }
  auto made = std::make_shared<Endpoint>(found.name, std::move(tls), stats_.connections_idle);
  if (made->tls().protocol != config::Protocol::http1) made->share_connections(parts_.loop);
  if (is_handed_over_) made->retire();  // for the requests that waited for it
  return made;
}

// Policies with a bound count for the process, the others for their worker: a shared count costs each request two
// writes that the workers contend for.
void Cluster::share_load(Endpoint& endpoint) const {
  const config::LoadBalancing& balancing = settings_.load_balancing;
  const bool is_bounded = balancing.bounded_load > 0 || balancing.spill_over > 0;
  if (is_bounded == endpoint.shares_load()) return;
  if (!is_bounded) return endpoint.share_load(nullptr);
  const auto make = [] { return std::make_shared<std::atomic<std::uint32_t>>(0); };
  endpoint.share_load(std::static_pointer_cast<std::atomic<std::uint32_t>>(
      parts_.store.find_or_make("load\n" + settings_.name + '\n' + endpoint.name(), make)));
}

void Cluster::retire_all_but(const std::vector<Member>& members) {
  std::erase_if(retired_, [](const auto& endpoint) { return endpoint.expired(); });
  for (const Member& member : balancer_.members()) {
    if (!holds(members, *member.endpoint)) retire(member);
  }
  if (is_pending()) return;  // what is inherited may be found yet
  for (const Member& member : inherited_) {
    if (!holds(members, *member.endpoint)) retire(member);
  }
  inherited_.clear();
}

void Cluster::retire(const Member& member) {
  member.endpoint->retire();
  retired_.push_back(member.endpoint);
}

std::vector<std::shared_ptr<Endpoint>> Cluster::draining() const {
  std::vector<std::shared_ptr<Endpoint>> draining;
  for (const auto& retired : retired_) {
    const auto endpoint = retired.lock();
    const bool is_known = std::ranges::find(draining, endpoint) != draining.end();
    if (endpoint && endpoint->active() > 0 && !is_known) draining.push_back(endpoint);
  }
  return draining;
}

std::optional<HealthState::View> Cluster::health_of(const Endpoint& endpoint) const {
  if (!health_) return std::nullopt;
  return health_->state(endpoint.name())->view(parts_.loop.now());
}

Instant Cluster::ejected_until(const Endpoint& endpoint) const {
  return outlier_->state(endpoint.name())->ejected_until();
}

bool Cluster::is_pending() const {
  return std::ranges::any_of(sources_, [](const auto& source) { return source->is_pending(); });
}

const std::string& Cluster::error() const {
  static const std::string kNone;
  const auto failed = std::ranges::find_if(sources_, [](const auto& source) { return !source->error().empty(); });
  return failed == sources_.end() ? kNone : (*failed)->error();
}

Duration Cluster::connect_limit(const Endpoint& endpoint) const {
  return settings_.timeouts.connect.value_or(endpoint.is_loopback() ? 1s : 3s);
}

DialSettings Cluster::dial_settings(const Endpoint& endpoint) const {
  return {
      connect_limit(endpoint), {idle_limit(endpoint), settings_.timeouts.ping}, stats_, SharedStats(settings_.name)};
}

Duration Cluster::connect_limit() const { return settings_.timeouts.connect.value_or(3s); }

Duration Cluster::idle_limit(const Endpoint& endpoint) const {
  return settings_.timeouts.idle.value_or(endpoint.is_loopback() ? 4s : 30s);
}

}  // namespace outrigger::upstream
