#include "config/settings.h"

#include "config/addresses.h"
#include "config/describe.h"

// The keys of every block but `listeners` (listener_settings.cc).
namespace outrigger::config {
namespace {
constexpr Duration kSoon = milliseconds(1);
constexpr Duration kDay = std::chrono::hours(24);
}  // namespace

void describe(Schema<UpstreamTls>& schema) {
  schema.summary("TLS towards the service.");
  schema.field("ca", &UpstreamTls::ca, "File with the CAs to trust; absent: the system's.").file();
  schema.field("server_name", &UpstreamTls::server_name, "Name in SNI and certificate; absent: the endpoint's.");
  schema.field("insecure_skip_verify", &UpstreamTls::insecure_skip_verify, "Accept any certificate. For tests only.");
}

void describe(Schema<EndpointSpec>& schema) {
  schema.summary("One address of the service.");
  schema.shorthand("address");
  schema.mark(&EndpointSpec::mark);
  schema.field("address", &EndpointSpec::address, "host:port, [::1]:port, unix:/path, dns://name:port, or a port.")
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
  schema.field("connect", &UpstreamTimeouts::connect, "To an open connection; absent: 1s on loopback, 3s else.")
      .range(kSoon, kDay);
  schema.field("idle", &UpstreamTimeouts::idle, "Keep-alive without a request; absent: 4s on loopback, 30s else.")
      .range(Duration(0), kDay);
}

void describe(Schema<LoadBalancing>& schema) {
  schema.summary("How an endpoint is chosen.");
  schema.shorthand("policy");
  schema.field("policy", &LoadBalancing::policy, "The rule.")
      .values({{"least_request", BalancePolicy::least_request},
               {"round_robin", BalancePolicy::round_robin},
               {"random", BalancePolicy::random}});
}

void describe(Schema<OutlierSuccessRate>& schema) {
  schema.summary("Takes out an endpoint that succeeds less often than the others together.");
  schema.field("gap", &OutlierSuccessRate::gap, "How much less: 30% is 60% where the others have 90%.").example("30%");
  schema.field("min_requests", &OutlierSuccessRate::min_requests, "Fewer in an interval say nothing about a share.")
      .range(1, 1'000'000);
  schema.field("interval", &OutlierSuccessRate::interval, "Time over which requests are counted.").range(kSoon, kDay);
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
  schema.field("load_balancing", &Upstream::load_balancing, "Choice of the endpoint.");
  schema.field("outlier", &Upstream::outlier, "Endpoints that fail.");
  schema.field("limits", &Upstream::limits, "Concurrency.");
  schema.field("timeouts", &Upstream::timeouts, "Time limits.");
  schema.check([](const Upstream& upstream) {
    return upstream.endpoints.empty() ? std::string("needs at least one endpoint") : std::string();
  });
}

void describe(Schema<Status>& schema) {
  schema.summary("Read-only pages: /metrics /livez /readyz /startupz. Off when absent.");
  schema.shorthand("address");
  schema.field("address", &Status::address, "Where to listen.")
      .required()
      .example("0.0.0.0:9902")
      .check_text(check_listen_address);
}

void describe(Schema<Admin>& schema) {
  schema.summary("Dashboard and API. Off when absent.");
  schema.shorthand("address");
  schema.field("address", &Admin::address, "Where to listen.")
      .required()
      .example("127.0.0.1:9901")
      .check_text(check_listen_address);
  schema.field("token", &Admin::token, "Bearer token; required where the address is not loopback or unix.")
      .secret()
      .example("file:/run/secrets/admin-token");
  schema.check([](const Admin& admin) {
    if (!admin.token.empty() || is_loopback(admin.address)) return std::string();
    return std::string(
        "is reachable from other hosts and needs `token: file:/path` or `token: env:NAME`; "
        "or listen on 127.0.0.1");
  });
}

void describe(Schema<Logging>& schema) {
  schema.summary("The process log, on stderr.");
  schema.field("level", &Logging::level, "What is written.")
      .values(
          {{"debug", LogLevel::debug}, {"info", LogLevel::info}, {"warn", LogLevel::warn}, {"error", LogLevel::error}});
  schema.field("format", &Logging::format, "auto: text on a terminal, JSON else.")
      .values({{"auto", LogFormat::automatic}, {"text", LogFormat::text}, {"json", LogFormat::json}});
}

void describe(Schema<Dns>& schema) {
  schema.summary("How names of endpoints are looked up; /etc/hosts comes first.");
  schema.shorthand("servers");
  schema.field("servers", &Dns::servers, "DNS servers, each with or without port; absent: those of /etc/resolv.conf.")
      .one_or_many()
      .example("[10.0.0.2, 127.0.0.1:5353]")
      .check_text(check_dns_server);
}

void describe(Schema<Shutdown>& schema) {
  schema.summary("What happens on SIGTERM.");
  schema.field("not_ready", &Shutdown::not_ready, "/readyz says 503 this long before listeners close.")
      .range(Duration(0), kDay);
  schema.field("drain", &Shutdown::drain, "Longest wait for requests under way, from the signal.")
      .range(Duration(0), kDay);
}

void describe(Schema<Chain>& schema) {
  schema.summary("A named filter list.");
  schema.shorthand("filters");
  schema.field("filters", &Chain::filters, "The filters, in call order.");
}

void describe(Schema<Settings>& schema) {
  schema.summary("An Outrigger configuration.");
  schema.field("version", &Settings::version, "Of this format.").range(1, 1);
  schema.field("include", &Settings::include, "Files to merge, relative to this one; * and ? are wildcards.")
      .one_or_many()
      .input_only()
      .example("[conf.d/*.yaml]");
  schema.field("chains", &Settings::chains, "Named filter lists for `- use: name`.")
      .keyed_by(&Chain::name)
      .input_only();
  schema.field("listeners", &Settings::listeners, "Where clients connect.");
  schema.field("upstreams", &Settings::upstreams, "The services, by name.").keyed_by(&Upstream::name);
  schema.field("status", &Settings::status, "Metrics and probes.");
  schema.field("admin", &Settings::admin, "Dashboard and API.");
  schema.field("logging", &Settings::logging, "The process log.");
  schema.field("dns", &Settings::dns, "Name resolution.");
  schema.field("shutdown", &Settings::shutdown, "The end of the process.");
}

}  // namespace outrigger::config
