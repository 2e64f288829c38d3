#include "proxy/live.h"

#include <algorithm>

#include "base/text.h"
#include "proxy/calls/upstream_call.h"
#include "proxy/routing/router.h"
#include "proxy/terminals.h"

namespace outrigger::proxy {

namespace {

using namespace std::chrono_literals;

Duration first_of(const std::optional<Duration>& inner, const std::optional<Duration>& outer, Duration otherwise) {
  return inner ? *inner : outer ? *outer : otherwise;
}

class Builder final : private UpstreamChains {
 public:
  Builder(const config::Settings& settings, const LiveParts& parts, const LiveConfig* previous)
      : settings_(settings), parts_(parts), previous_(previous) {}

  std::shared_ptr<LiveConfig> build() {
    make_resolver();
    name_routes();
    for (const config::Upstream& upstream : settings_.upstreams) add_upstream(upstream);
    for (const config::Listener& listener : settings_.listeners) add_listener(listener);
    remove_others();
    return live_;
  }

 private:
  struct Owner {
    std::string_view listener, route, upstream;
  };
  static FilterMark mark_of(const config::FilterSpec& spec) {
    const config::Mark& mark = spec.mark;
    const bool is_written = mark.file && mark.line > 0;
    return {std::string(spec.type->name), is_written ? *mark.file + ":" + std::to_string(mark.line) : ""};
  }
  // `place` in `specs`, the filters of one chain.
  void add_filter(Chain& chain, const std::vector<config::FilterSpec>& specs, std::size_t place, Owner owner,
                  upstream::Gates::Makers* endpoint_gates = nullptr) {
    const config::FilterSpec& spec = specs[place];
    const auto is_same = [&spec](const config::FilterSpec& other) { return other.fingerprint == spec.fingerprint; };
    const auto before =
        std::ranges::count_if(specs.begin(), specs.begin() + static_cast<std::ptrdiff_t>(place), is_same);
    FilterContext context{.place = spec.path,
                          .fingerprint = spec.fingerprint,
                          .listener = owner.listener,
                          .route = owner.route,
                          .upstream = owner.upstream,
                          .store = parts_.store,
                          .upstreams = *this,
                          .endpoint_gates = endpoint_gates,
                          .files = spec.files,
                          .occurrence = static_cast<std::size_t>(before),
                          .tracing = settings_.tracing ? &*settings_.tracing : nullptr,
                          .routes = routes_};
    chain.add(static_cast<const FilterType*>(spec.type)->make(spec.config.get(), context), mark_of(spec));
  }
  void add_filters(Chain& chain, const std::vector<config::FilterSpec>& specs, Owner owner) {
    for (std::size_t i = 0; i < specs.size(); ++i) add_filter(chain, specs, i, owner);
  }

  const Link* entry(std::string_view upstream) override {
    auto& [name, live] = *live_->upstreams.try_emplace(std::string(upstream)).first;
    if (!live.entry) {
      live.entry = std::make_unique<UpstreamEntry>(name, live.chain);
      live.entry_link = {live.entry.get(), nullptr};
    }
    return &live.entry_link;
  }

  void make_resolver() {
    live_->dns_servers = base::joined(settings_.dns.servers, ",");
    const bool keeps = previous_ != nullptr && previous_->resolver && previous_->dns_servers == live_->dns_servers;
    live_->resolver =
        keeps ? previous_->resolver : std::make_shared<net::dns::Resolver>(parts_.loop, live_->dns_servers);
  }

  void name_routes() {
    for (const config::Listener& listener : settings_.listeners) {
      for (const config::Route& route : listener.routes) routes_.emplace_back(route.name);
      if (!listener.upstream.empty()) routes_.emplace_back(listener.upstream);  // the route that it stands for
    }
    std::ranges::sort(routes_);
  }

  // By name alone: requests that are under way count whatever else of the upstream changes.
  std::shared_ptr<upstream::Slots> slots(const config::Upstream& upstream) {
    auto slots = std::static_pointer_cast<upstream::Slots>(parts_.store.find_or_make(
        "slots\n" + upstream.name, [&] { return std::make_shared<upstream::Slots>(upstream.limits); }));
    slots->set_limits(upstream.limits);
    return slots;
  }

  std::shared_ptr<upstream::Cluster> previous_cluster(const std::string& name) const {
    if (previous_ == nullptr) return nullptr;
    const auto found = previous_->upstreams.find(name);
    return found == previous_->upstreams.end() ? nullptr : found->second.cluster;
  }

  std::shared_ptr<upstream::Cluster> cluster(const config::Upstream& upstream) {
    const auto tls = parts_.upstream_tls.find(upstream.name);
    upstream::ClusterParts made_of{parts_.loop, live_->resolver,
                                   tls == parts_.upstream_tls.end() ? nullptr : tls->second, slots(upstream),
                                   parts_.store};
    const auto old = previous_cluster(upstream.name);
    if (old && old->is_made_of(upstream, made_of)) return old;
    auto made = std::make_shared<upstream::Cluster>(upstream, std::move(made_of), old.get());
    if (old) old->hand_over();
    return made;
  }

  // Upstreams that are no more would work on for as long as a request of an older configuration runs.
  void remove_others() {
    if (previous_ == nullptr) return;
    for (const auto& [name, old] : previous_->upstreams) {
      if (!live_->upstreams.contains(name)) old.cluster->remove();
    }
  }

  void add_upstream(const config::Upstream& upstream) {
    LiveUpstream& live = live_->upstreams[upstream.name];
    live.cluster = cluster(upstream);
    upstream::Gates::Makers gates;
    const auto filters = upstream.filters.value_or(std::vector<config::FilterSpec>{});
    for (std::size_t i = 0; i < filters.size(); ++i) {
      add_filter(live.chain, filters, i, {"", "", upstream.name}, &gates);
    }
    live.cluster->set_filter_gates(std::move(gates));
    live.chain.add(std::make_unique<UpstreamCall>(live.cluster), {"upstream", ""});
    live.chain.finish(nullptr);
  }

  const Link* upstream_chain(const std::string& name) { return live_->upstreams.find(name)->second.chain.first(); }

  // The routes by their matches; one that is asked for several hosts is made once.
  std::vector<Router::Candidate> add_routes(LiveListener& live, const config::Listener& listener) {
    std::vector<Router::Candidate> candidates;
    std::map<std::size_t, const LiveRoute*> made;  // by place in the file
    for (const PlacedRoute& placed : routes_in_order(listener)) {
      const LiveRoute*& route = made[placed.index];
      if (route == nullptr) route = &add_route(live, placed.route, listener);
      candidates.push_back({RouteMatcher(placed.route.match), route});
    }
    return candidates;
  }

  const LiveRoute& add_route(LiveListener& live, const config::Route& route, const config::Listener& listener) {
    LiveRoute& made = live.routes.emplace_back();
    made.name = route.name;
    made.limits = effective(listener.timeouts, route.timeouts);
    made.upstream = route.upstream;
    const Owner owner{listener.name, route.name, route.upstream};
    add_filters(made.chain, route.filters, owner);
    if (!route.split.empty()) {
      std::vector<SplitCall::Part> parts;
      for (const auto& part : route.split) {
        const auto& upstream = *live_->upstreams.find(part.upstream);
        parts.push_back({upstream.first, upstream.second.chain.first(), part.weight});
      }
      made.chain.add(std::make_unique<SplitCall>(std::move(parts)));
    }
    if (route.redirect) add_filters(made.chain, {*route.redirect}, owner);
    if (route.respond) add_filters(made.chain, {*route.respond}, owner);
    made.chain.finish(route.upstream.empty() ? nullptr : upstream_chain(route.upstream));
    return made;
  }

  void add_listener(const config::Listener& listener) {
    LiveListener& live = live_->listeners[listener.name];
    live.settings = listener;
    live.limits = effective({}, listener.timeouts);
    for (const std::string& text : listener.trusted_proxies) {
      if (auto cidr = Cidr::parse(text)) live.trusted.blocks.push_back(*cidr);
      live.trusted.unix_peers = live.trusted.unix_peers || text == "unix";
    }
    live.routes_by_name = looks_at_names(listener);
    auto candidates = add_routes(live, listener);
    if (auto front = parts_.make_front ? parts_.make_front(listener) : nullptr) live.chain.add(std::move(front));
    add_filters(live.chain, listener.filters, {listener.name, "", ""});
    live.chain.add(std::make_unique<Router>(std::move(candidates)));
    live.chain.finish(nullptr);
    hide_parameters(live);
    live.stats = ListenerStats(listener);
    live.count = std::static_pointer_cast<ConnectionCount>(  // found again after a reload
        parts_.store.find_or_make("connections\n" + listener.name, [] { return std::make_shared<ConnectionCount>(); }));
  }

  // Not by route: a request that no route is found for may carry the key of one. Upstreams are all looked at, since
  // `split` and `fallback` lead to more than a route names.
  void hide_parameters(LiveListener& live) const {
    const auto hide = [&live](const Chain& chain) {
      for (const auto& filter : chain.filters()) {
        const std::string_view name = filter->hidden_parameter();
        if (!name.empty() && std::ranges::find(live.hidden_parameters, name) == live.hidden_parameters.end()) {
          live.hidden_parameters.push_back(name);
        }
      }
    };
    hide(live.chain);
    for (const LiveRoute& route : live.routes) hide(route.chain);
    for (const auto& [name, upstream] : live_->upstreams) hide(upstream.chain);
  }

  const config::Settings& settings_;
  const LiveParts& parts_;
  const LiveConfig* previous_;
  std::vector<std::string_view> routes_;  // sorted
  std::shared_ptr<LiveConfig> live_ = std::make_shared<LiveConfig>();
};

}  // namespace

ListenerStats::ListenerStats(const config::Listener& settings) {
  const std::string& listener = settings.name;
  static constexpr const char* kClasses[] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t i = 0; i < std::size(kClasses); ++i) {
    by_class[i] = stats::counter("outrigger_requests_total", "Requests answered, by class of status.",
                                 {{"listener", listener}, {"status", kClasses[i]}});
  }
  const stats::Labels labels = {{"listener", listener}};
  duration = stats::histogram("outrigger_request_duration_seconds", "From the request head to the last byte.", labels);
  in_flight = stats::gauge("outrigger_requests_in_flight", "Requests that are being answered.", labels);
  request_bytes = stats::counter("outrigger_request_bytes_total", "Body bytes received from clients.", labels);
  response_bytes = stats::counter("outrigger_response_bytes_total", "Body bytes sent to clients.", labels);
  connections = stats::counter("outrigger_connections_total", "Connections accepted.", labels);
  open_connections = stats::gauge("outrigger_connections_open", "Connections that are open.", labels);
  limit_pauses = stats::counter("outrigger_connection_limit_pauses_total",
                                "Pauses in accepting connections because limits.connections was reached.", labels);
  client_refusals = stats::counter("outrigger_connections_refused_total",
                                   "Connections closed at once because their client had too many.", labels);
  handshake_pauses = stats::counter("outrigger_handshake_limit_pauses_total",
                                    "Pauses in accepting connections because limits.handshakes was reached.", labels);
  handshake_failures = stats::counter("outrigger_tls_handshake_failures_total",
                                      "Connections whose TLS handshake failed or took too long.", labels);
  static constexpr const char* kRefusals[] = {"untrusted", "malformed", "closed", "timeout"};
  for (std::size_t i = 0; settings.proxy_protocol && i < std::size(kRefusals); ++i) {
    header_refusals[i] = stats::counter("outrigger_proxy_header_refusals_total",
                                        "Connections closed because they did not begin with a good PROXY header.",
                                        {{"listener", listener}, {"reason", kRefusals[i]}});
  }
}

void ListenerStats::count(const Outcome& outcome) {
  by_class[std::min<std::size_t>(outcome.status / 100U, 5)].add();
  duration.observe(std::chrono::duration<double>(outcome.duration).count());
  request_bytes.add(static_cast<std::int64_t>(outcome.request_bytes));
  response_bytes.add(static_cast<std::int64_t>(outcome.response_bytes));
}

FailureStats FailureStats::registered() {
  FailureStats made;
  for (std::size_t i = 1; i < kFailures; ++i) {
    made.by_failure[i] = stats::counter("outrigger_failures_total", "Requests that failed, by reason.",
                                        {{"failure", std::string(describe(static_cast<Failure>(i)).token)}});
  }
  return made;
}

http::h1::HeadLimits head_limits(const config::Listener& listener) {
  http::h1::HeadLimits limits;
  limits.max_head = listener.limits.request_head.bytes;
  limits.max_fields = listener.limits.fields;
  limits.keeps_underscores = listener.underscores == config::Underscores::keep;
  return limits;
}

http::h1::PathPolicy path_policy(const config::Listener& listener) {
  switch (listener.path) {
    case config::PathMode::keep:
      return http::h1::PathPolicy::keep;
    case config::PathMode::decode:
      return http::h1::PathPolicy::decode;
    case config::PathMode::reject:
      break;
  }
  return http::h1::PathPolicy::reject;
}

Limits effective(const config::Timeouts& outer, const config::Timeouts& inner) {
  Limits limits{};
  const config::RequestTimes times = config::request_times(outer, inner);
  limits.request = times.request;
  limits.backend_request = times.backend_request;
  limits.request_head = first_of(inner.request_head, outer.request_head, 10s);
  limits.body_idle = first_of(inner.body_idle, outer.body_idle, 30s);
  limits.tunnel_idle = inner.tunnel_idle ? inner.tunnel_idle : outer.tunnel_idle;
  limits.keep_alive = first_of(inner.keep_alive, outer.keep_alive, 75s);
  return limits;
}

void Chain::finish(const Link* rest) {
  links_.resize(filters_.size());
  for (std::size_t i = filters_.size(); i-- > 0;) {
    links_[i] = {filters_[i].get(), rest, marks_[i].name.empty() ? nullptr : &marks_[i]};
    rest = &links_[i];
  }
  first_ = rest;
}

std::shared_ptr<LiveConfig> build_live(const config::Settings& settings, LiveParts parts, const LiveConfig* previous) {
  return Builder(settings, parts, previous).build();
}

}  // namespace outrigger::proxy
