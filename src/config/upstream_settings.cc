#include <algorithm>

#include "config/addresses.h"
#include "config/describe.h"
#include "config/settings.h"

// The keys of `upstreams`.
namespace outrigger::config {
namespace {
constexpr Duration kSoon = milliseconds(1);
constexpr Duration kDay = std::chrono::hours(24);
}  // namespace

void describe(Schema<UpstreamTls>& schema) {
  schema.summary("TLS towards the service.");
  schema.field("ca", &UpstreamTls::ca, "File with the CAs to trust; absent: the system's.").file();
  schema.field("cert", &UpstreamTls::cert, "Our own certificate for services that ask for one, PEM.").file();
  schema.field("key", &UpstreamTls::key, "Its private key, PEM.").file();
  schema.check([](const UpstreamTls& tls) -> std::string {
    return tls.cert.empty() == tls.key.empty() ? "" : "needs both cert and key, or neither";
  });
  schema.field("server_name", &UpstreamTls::server_name, "Name in SNI and certificate; absent: the endpoint's.");
  schema
      .field("subject_alt_names", &UpstreamTls::subject_alt_names,
             "Names of which the certificate must have one, instead of server_name: URIs, host names, IP and email "
             "addresses.")
      .one_or_many()
      .check_text([](const std::string& name) -> std::string { return name.empty() ? "is empty" : ""; })
      .example("[\"spiffe://cluster/ns/shop/sa/api\"]");
  schema.field("insecure_skip_verify", &UpstreamTls::insecure_skip_verify, "Accept any certificate. For tests only.");
}

void describe(Schema<EndpointSpec>& schema) {
  schema.summary("One address of the service, or what stands for several.");
  schema.shorthand("address");
  schema.mark(&EndpointSpec::mark);
  schema
      .field("address", &EndpointSpec::address,
             "host:port, [::1]:port, unix:/path, a port, dns://name:port, dns+srv://name, env:NAME, or file:PATH.")
      .required()
      .example("127.0.0.1:8080")
      .check_text(check_endpoint);
  schema.field("weight", &EndpointSpec::weight, "Share of the requests, relative to the others.").range(0, 1'000'000);
  schema.field("priority", &EndpointSpec::priority, "Endpoints with a higher number serve while none with a lower can.")
      .range(0, 1000);
}

void describe(Schema<UpstreamLimits>& schema) {
  schema.summary("How much may be under way to the service; beyond it requests wait, then get 503.");
  schema.field("in_flight", &UpstreamLimits::in_flight, "Requests at a time.").range(1, 1'000'000);
  schema.field("queue", &UpstreamLimits::queue, "Requests that may wait.").range(0, 1'000'000);
  schema.field("queue_timeout", &UpstreamLimits::queue_timeout, "Longest wait.").range(Duration(0), kDay);
}

void describe(Schema<UpstreamTimeouts>& schema) {
  schema.summary("Time limits of connections to the service.");
  schema
      .field("connect", &UpstreamTimeouts::connect,
             "To an open connection, over all addresses of a name; absent: 1s on loopback, 3s else.")
      .range(kSoon, kDay);
  schema.field("idle", &UpstreamTimeouts::idle, "Keep-alive without a request; absent: 4s on loopback, 30s else.")
      .range(Duration(0), kDay);
  schema
      .field("ping", &UpstreamTimeouts::ping,
             "An HTTP/2 connection that is silent for so long while requests wait is asked by a PING, which must be "
             "answered in the same time.")
      .range(milliseconds(10), kDay);
}

void describe(Schema<LoadBalancing>& schema) {
  schema.summary("How an endpoint is chosen.");
  schema.shorthand("policy");
  schema.field("policy", &LoadBalancing::policy, "The rule.")
      .values({{"least_request", BalancePolicy::least_request},
               {"round_robin", BalancePolicy::round_robin},
               {"random", BalancePolicy::random},
               {"ewma", BalancePolicy::ewma},
               {"first", BalancePolicy::first},
               {"ring_hash", BalancePolicy::ring_hash},
               {"maglev", BalancePolicy::maglev}});
  schema
      .field(
          "hash_on", &LoadBalancing::hash_on,
          "What keeps a request at its endpoint, for ring_hash and maglev: client_ip, path, header:NAME, query:NAME, "
          "or cookie:NAME (set if the client has none).")
      .example("cookie:route")
      .check_text(check_hash_key);
  schema
      .field("bounded_load", &LoadBalancing::bounded_load,
             "For ring_hash and maglev: an endpoint takes at most so many times its share; 0: any number.")
      .range(0.0, 100.0)
      .example("1.25");
  schema
      .field("spill_over", &LoadBalancing::spill_over,
             "For first: requests at which the next endpoint serves as well; 0: never.")
      .range(0, 1'000'000);
  schema.check([](const LoadBalancing& balancing) -> std::string {
    const bool hashes = balancing.policy == BalancePolicy::ring_hash || balancing.policy == BalancePolicy::maglev;
    if (hashes && balancing.hash_on.empty()) return "needs hash_on: what should keep a request at its endpoint?";
    if (!hashes && !balancing.hash_on.empty()) return "hash_on goes with the policies ring_hash and maglev only";
    if (!hashes && balancing.bounded_load > 0) return "bounded_load goes with the policies ring_hash and maglev only";
    if (balancing.bounded_load > 0 && balancing.bounded_load < 1)
      return "bounded_load must be at least 1, or 0 for none";
    if (balancing.policy != BalancePolicy::first && balancing.spill_over > 0)
      return "spill_over goes with policy first only";
    return {};
  });
}

void describe(Schema<HealthCheck>& schema) {
  schema.summary("Asks every endpoint whether it is well; unhealthy ones get requests only when none is healthy.");
  schema.shorthand("path");
  schema.field("path", &HealthCheck::path, "A GET of this path must succeed.")
      .example("/healthz")
      .check_text(check_path);
  schema.field("tcp", &HealthCheck::tcp, "A connection must succeed, with TLS where the upstream has it.");
  schema
      .field("grpc", &HealthCheck::grpc,
             "Asks the gRPC health service (grpc.health.v1) whether this service is SERVING; \"\" is the server as a "
             "whole.")
      .example("shop.Orders");
  schema.field("interval", &HealthCheck::interval, "Time between two checks, give or take a tenth.")
      .range(milliseconds(10), kDay);
  schema
      .field("fast_interval", &HealthCheck::fast_interval,
             "The same while an endpoint is unhealthy or about to change.")
      .range(milliseconds(10), kDay);
  schema.field("timeout", &HealthCheck::timeout, "For the whole check.").range(kSoon, kDay);
  schema.field("fall", &HealthCheck::fall, "Failures in a row that make it unhealthy.").range(1, 1000);
  schema.field("rise", &HealthCheck::rise, "Successes in a row that make it healthy again.").range(1, 1000);
  schema.field("port", &HealthCheck::port, "Another port than the endpoint's.").range(1, 65535);
  schema.field("host", &HealthCheck::host, "The Host field; absent: the endpoint's name.");
  schema.field("status", &HealthCheck::status, "Good answers: codes, ranges, classes.")
      .one_or_many()
      .example("[200, 204]")
      .check_text(check_status_range);
  schema.field("contains", &HealthCheck::contains, "Text that the answer must contain, in its first 64 KiB.");
  schema.check([](const HealthCheck& check) -> std::string {
    const int kinds = int{check.path.has_value()} + int{check.tcp} + int{check.grpc.has_value()};
    if (kinds == 0) return "needs path, tcp: true or grpc";
    if (kinds > 1) return "has more than one of path, tcp and grpc: keep one";
    if (check.status.empty()) return "status names no good answer";
    return !check.path && check.contains ? "contains needs path" : "";
  });
}

void describe(Schema<OutlierSuccessRate>& schema) {
  schema.summary("Takes out an endpoint that succeeds less often than the others together.");
  schema.field("gap", &OutlierSuccessRate::gap, "How much less: 30% is 60% where the others have 90%.").example("30%");
  schema.field("min_requests", &OutlierSuccessRate::min_requests, "Fewer in an interval say nothing about a share.")
      .range(1, 1'000'000);
  schema.field("interval", &OutlierSuccessRate::interval, "Time over which requests are counted.").range(kSoon, kDay);
  schema.check([](const OutlierSuccessRate& rate) {
    const bool decides = rate.gap.value > 0 && rate.gap.value < 1;
    return decides ? std::string() : "gap must be above 0% and below 100%, or it takes out any endpoint, or none";
  });
}

void describe(Schema<Outlier>& schema) {
  schema.summary("Takes an endpoint that fails out for a while, as long as others are left.");
  schema
      .field("consecutive_failures", &Outlier::consecutive_failures,
             "So many in a row take it out; 0: never. Failures are no answer, 502, 503, 504, and cut answers.")
      .range(0, 1'000'000);
  schema.field("success_rate", &Outlier::success_rate, "Comparison with the other endpoints; absent: none.");
  schema.field("eject_for", &Outlier::eject_for, "How long; twice as long each time that it fails again.")
      .range(kSoon, kDay);
  schema.field("max_eject_for", &Outlier::max_eject_for, "Limit of that doubling.").range(kSoon, kDay);
  schema.field("max_ejected", &Outlier::max_ejected, "Share of the endpoints that may be out; one always may.")
      .example("50%");
  schema.check([](const Outlier& outlier) {
    return outlier.eject_for > outlier.max_eject_for ? std::string("eject_for is longer than max_eject_for")
                                                     : std::string();
  });
}

void describe(Schema<PathMapping>& schema) {
  schema.summary("Whole segments of a path, and what replaces them.");
  schema.field("from", &PathMapping::from, "Prefix of the service's paths; / is all of them.")
      .required()
      .check_text(check_path);
  schema.field("to", &PathMapping::to, "Prefix of the paths that clients see.").required().check_text(check_path);
}

void describe(Schema<LegacyRewrite>& schema) {
  schema.summary("Location and Set-Cookie say where clients find the service, not where it thinks that it is.");
  schema
      .field("hosts", &LegacyRewrite::hosts,
             "Names by which the service calls itself, besides its endpoint and the Host that it gets.")
      .one_or_many()
      .example("[app.internal, \"10.0.0.1:8080\"]");
  schema.field("path", &LegacyRewrite::path, "Where its paths stand for clients; absent: where they are.");
  schema.field("secure", &LegacyRewrite::secure, "Cookies of clients that came by https get Secure.");
  schema.field("same_site", &LegacyRewrite::same_site, "For cookies that do not say; absent: they stay so.")
      .values({{"strict", SameSite::strict}, {"lax", SameSite::lax}, {"none", SameSite::none}});
}

void describe(Schema<Legacy>& schema) {
  schema.summary("The manners of an old service.");
  schema.field("version", &Legacy::version, "http10: requests are HTTP/1.0, one a connection.")
      .values({{"http10", LegacyVersion::http10}, {"http11", LegacyVersion::http11}});
  schema
      .field("buffer_uploads", &Legacy::buffer_uploads,
             "Content of unknown length waits here until its length is known: more than this is 413, and 0B refuses it "
             "with 411. Absent: it is passed on in chunks; with http10 1MiB.")
      .range(ByteSize{0}, ByteSize{64 * 1024 * 1024})
      .example("1MiB");
  schema.field("host", &Legacy::host, "The Host that it gets, whatever the client says.").example("app.internal");
  schema.field("field_names", &Legacy::field_names, "How names of request fields are written.")
      .values({{"keep", FieldNames::keep}, {"lower", FieldNames::lower}, {"title", FieldNames::title}});
  schema.field("lenient_head", &Legacy::lenient_head, "Lines of its heads may end with LF alone.");
  schema.field("keep_alive", &Legacy::keep_alive, "false: one request a connection.");
  schema.field("rewrite", &Legacy::rewrite, "Correct Location and Set-Cookie; absent: they are passed on.");
}

void describe(Schema<Upstream>& schema) {
  schema.summary("A service and how it is reached.");
  schema.shorthand("endpoints");
  schema.mark(&Upstream::mark);
  schema.field("endpoints", &Upstream::endpoints, "Where the service listens.")
      .required()
      .one_or_many()
      .example("[127.0.0.1:8080]");
  schema.field("filters", &Upstream::filters, "Filters around every try; absent: retry and circuit_breaker.");
  schema.field("tls", &Upstream::tls, "Speak TLS to the service; absent: plain text.");
  schema
      .field("proxy_protocol", &Upstream::proxy_protocol,
             "Begin each connection with a PROXY header of this version, which says the client's address; none is kept "
             "for another request.")
      .values({{"v1", ProxyProtocol::v1}, {"v2", ProxyProtocol::v2}});
  schema
      .field(
          "protocol", &Upstream::protocol,
          "What the service speaks. auto: with tls what it chooses, else http1. http2 without tls: by prior knowledge.")
      .values({{"http1", Protocol::http1}, {"http2", Protocol::http2}, {"auto", Protocol::automatic}});
  schema.field("load_balancing", &Upstream::load_balancing, "Choice of the endpoint.");
  schema.field("outlier", &Upstream::outlier, "Endpoints that fail.");
  schema.field("health_check", &Upstream::health_check, "Active checks; absent: none.");
  schema.field("limits", &Upstream::limits, "Concurrency.");
  schema.field("timeouts", &Upstream::timeouts, "Time limits.");
  schema.field("slow_start", &Upstream::slow_start, "Time in which a new endpoint comes to its share; 0s: none.")
      .range(Duration(0), kDay);
  schema.field("legacy", &Upstream::legacy, "The manners of an old service; absent: it is a modern one.");
  schema.check([](const Upstream& upstream) {
    if (upstream.endpoints.empty()) return std::string("needs at least one endpoint");
    const bool has_socket = std::ranges::any_of(
        upstream.endpoints, [](const EndpointSpec& endpoint) { return endpoint.address.starts_with("unix:"); });
    const bool speaks_http2 = upstream.protocol != Protocol::http1;
    if (speaks_http2 && upstream.proxy_protocol) return std::string("proxy_protocol goes with protocol: http1 only");
    if (speaks_http2 && upstream.legacy) return std::string("legacy goes with protocol: http1 only");
    if (upstream.health_check && upstream.health_check->grpc && !speaks_http2) {
      return std::string("health_check.grpc needs protocol: http2 or auto");
    }
    const bool asks_port = upstream.health_check && upstream.health_check->port;
    return has_socket && asks_port ? std::string("health_check.port: a Unix socket has no other port") : std::string();
  });
}

}  // namespace outrigger::config
