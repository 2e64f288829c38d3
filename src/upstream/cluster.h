#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "outrigger/filter.h"
#include "upstream/balancing/balancer.h"
#include "upstream/balancing/pick.h"
#include "upstream/cluster_stats.h"
#include "upstream/discovery/source.h"
#include "upstream/health/health_checker.h"
#include "upstream/health/outlier_group.h"
#include "upstream/slots.h"

namespace outrigger::upstream {

// What a cluster is made of besides its settings.
struct ClusterParts {
  EventLoop& loop;
  std::shared_ptr<net::dns::Resolver> resolver;
  std::shared_ptr<net::tls::ClientContext> tls;  // null: plain text
  std::shared_ptr<Slots> slots;
  KeyedStore& store;
};

// One upstream on one worker: its endpoints with their pools, and the choice among them.
class Cluster final : private Source::Owner {
 public:
  // Somebody who waits until there is an endpoint. Unlinks itself when destroyed.
  class Waiter : public ListNode<Waiter> {
   public:
    // The endpoints changed. The waiter is in no list any more; it may queue again.
    virtual void on_endpoints_changed() = 0;

   protected:
    ~Waiter() = default;
  };

  // Endpoints that `previous` (may be null) has by the same name go on with their connections.
  Cluster(const config::Upstream& settings, ClusterParts parts, const Cluster* previous);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  const std::string& name() const { return settings_.name; }
  const config::Upstream& settings() const { return settings_; }
  // The manners of an old service; null: it is a modern one.
  const config::Legacy* legacy() const { return settings_.legacy ? &*settings_.legacy : nullptr; }
  const std::shared_ptr<Slots>& slots() const { return parts_.slots; }
  const std::vector<Member>& members() const { return balancer_.members(); }
  const ClusterStats& stats() const { return stats_; }
  // Would a cluster of these be the same?
  bool is_made_of(const config::Upstream& settings, const ClusterParts& parts) const;
  // A newer cluster took the endpoints over: this one only serves the requests that it has. No more checks nor
  // look-ups, but that a look-up under way ends.
  void hand_over();
  // The same, and nobody took them over: connections end with their requests.
  void remove();

  // Filters of its chain have a say in the choice, from now on and instead of those before.
  void set_filter_gates(Gates::Makers makers);

  // `hash`: of the request's key, for policies that go by it. `only_untried`: see PickContext.
  Balancer::Choice choose(Tried tried, std::optional<std::uint64_t> hash = {}, bool only_untried = false) {
    return balancer_.pick({tried, parts_.loop.now(), hash, only_untried});
  }
  // Is there an endpoint with an address that may be picked and is not in `tried`?
  bool has_usable_endpoint(Tried tried = {}) const { return balancer_.has_usable(tried, parts_.loop.now()); }
  // A name was asked for and not answered yet: waiting may help.
  bool is_pending() const;
  void wait(Waiter& waiter) { waiters_.push_back(waiter); }
  // Why names have no address, a sentence; empty if that is not the trouble.
  const std::string& error() const;

  // For operators. The sources in the order of the entries of `endpoints:`; endpoints that are no part of the upstream
  // any more but still have requests; what active checks found (nothing: there are none); until when one is taken out.
  const std::vector<std::unique_ptr<Source>>& sources() const { return sources_; }
  std::vector<std::shared_ptr<Endpoint>> draining() const;
  std::optional<HealthState::View> health_of(const Endpoint& endpoint) const;
  Instant ejected_until(const Endpoint& endpoint) const;

  Duration connect_limit(const Endpoint& endpoint) const;
  // While no endpoint is known.
  Duration connect_limit() const;
  Duration idle_limit(const Endpoint& endpoint) const;
  // For a connection that many requests share. Cost: looks counters up.
  DialSettings dial_settings(const Endpoint& endpoint) const;

 private:
  void on_source_changed() override;
  void update_members();
  Gates::Makers gate_makers() const;
  Member member_for(const Found& found, const Gates::Makers& makers);
  std::shared_ptr<Endpoint> endpoint_for(const Found& found);
  void share_load(Endpoint& endpoint) const;
  void update_checkers();
  void retire_all_but(const std::vector<Member>& members);
  void retire(const Member& member);

  config::Upstream settings_;
  std::string form_;  // the settings as text, to compare
  ClusterParts parts_;
  ClusterStats stats_;
  bool is_handed_over_ = false;
  bool starts_slowly_;  // endpoints that join from now on
  std::shared_ptr<OutlierGroup> outlier_;
  std::shared_ptr<EndpointGateMaker> outlier_gates_;
  std::shared_ptr<HealthBoard> health_;  // null: no active checks
  std::shared_ptr<DiscoveryBoard> discovery_;
  Gates::Makers filter_gates_;
  Balancer balancer_;
  std::vector<Member> inherited_;  // from the cluster before, until all sources are known
  std::vector<std::weak_ptr<Endpoint>> retired_;
  std::vector<std::unique_ptr<HealthChecker>> checkers_;
  IntrusiveList<Waiter> waiters_;
  std::vector<std::unique_ptr<Source>> sources_;
};

}  // namespace outrigger::upstream
