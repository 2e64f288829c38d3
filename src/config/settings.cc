#include "config/settings.h"

#include "config/addresses.h"
#include "config/describe.h"

// The keys of every block but `listeners` (listener_settings.cc) and `upstreams` (upstream_settings.cc).
namespace outrigger::config {
namespace {
constexpr Duration kDay = std::chrono::hours(24);
}  // namespace

void describe(Schema<Status>& schema) {
  schema.summary("Read-only pages: /metrics /livez /readyz /startupz. Off when absent.");
  schema.shorthand("address");
  schema.field("address", &Status::address, "Where to listen.")
      .required()
      .example("0.0.0.0:9902")
      .check_text(check_listen_address);
}

void describe(Schema<KeptRequests>& schema) {
  schema.summary(
      "Which requests are kept for `outrigger why`: the last that failed, were refused, were slow, or came by "
      "sampling.");
  schema.field("slower_than", &KeptRequests::slower_than, "A request that takes longer is slow; 0s: none is.")
      .range(seconds(0), kDay)
      .example("500ms");
  schema.field("sample", &KeptRequests::sample, "Share of all requests that is kept, whatever came of them.")
      .example("0.1%");
  schema.field("keep", &KeptRequests::keep, "How many of each of the four kinds, on each worker; 0: nothing is kept.")
      .range(0, 10000);
  schema.field("memory", &KeptRequests::memory, "The same in bytes: older ones go first.")
      .range(ByteSize{4 * 1024}, ByteSize{64 * 1024 * 1024});
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
  schema.field("requests", &Admin::requests, "What is kept of requests, to say later why they were answered so.");
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

void describe(Schema<ProcessLimits>& schema) {
  schema.summary("What the whole process may hold and how late it may be; beyond that new requests get 503.");
  schema
      .field("memory", &ProcessLimits::memory,
             "Buffers of requests under way; absent: 256MiB, or half of the cgroup's limit if that is less.")
      .range(ByteSize{1024 * 1024}, ByteSize{1ULL << 40})
      .example("64MiB");
  schema
      .field("descriptors", &ProcessLimits::descriptors,
             "Share of the process's file descriptors that clients may take; the rest is for connections to services.")
      .example("90%");
  schema
      .field("event_loop_delay", &ProcessLimits::event_loop_delay,
             "A worker that is later than this to what is due refuses new requests; 0s: never.")
      .range(Duration(0), minutes(1))
      .example("1s");
  schema.check([](const ProcessLimits& limits) -> std::string {
    return limits.descriptors.value > 0 ? "" : "descriptors is 0%: no client could be served";
  });
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

void describe(Schema<Adapters>& schema) {
  schema.summary(
      "Logs, metrics and health of the service in the forms of today. Each entry is a mapping; its first telling key "
      "says which adapter it is. They run on a thread of their own.");
  schema.field("logs", &Adapters::logs, "Where log lines come from, how they are read and where they go.");
  schema.field("metrics", &Adapters::metrics, "Where metrics come from and where they are pushed to.");
  schema.field("health", &Adapters::health, "What must be well for the service to be ready.");
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
  schema.field("adapters", &Settings::adapters, "Logs, metrics and health of the service.");
  schema.field("status", &Settings::status, "Metrics and probes.");
  schema.field("admin", &Settings::admin, "Dashboard and API.");
  schema
      .field("user", &Settings::user,
             "Whom root becomes once the sockets are bound: NAME or NAME:GROUP. At start only.")
      .example("outrigger");
  schema.field("tracing", &Settings::tracing, "What the filters `tracing` begin with.");
  schema.field("logging", &Settings::logging, "The process log.");
  schema.field("dns", &Settings::dns, "Name resolution.");
  schema.field("limits", &Settings::limits, "Bounds of the whole process.");
  schema.field("shutdown", &Settings::shutdown, "The end of the process.");
}

}  // namespace outrigger::config
