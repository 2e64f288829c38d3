#include <CLI/CLI.hpp>
#include <cstdio>
#include <thread>

#include "cli/commands.h"
#include "cli/demo/legacy_service.h"
#include "cli/demo/traffic.h"
#include "config/json_text.h"
#include "server/catalog.h"
#include "server/server.h"

namespace outrigger::cli {

namespace {

struct DemoOptions {
  std::string listen = "127.0.0.1:8443";
  std::string service = "127.0.0.1:8080";
  std::string status = "127.0.0.1:9902";
  std::string admin = "127.0.0.1:9901";
  std::size_t requests = 0;  // 0: serve until a signal
  bool print = false;
};

std::string replaced(std::string text, std::string_view name, const std::string& value) {
  for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + value.size())) {
    text.replace(at, name.size(), value);
  }
  return text;
}

// Every place of a text where an option stands.
std::string filled(std::string text, const DemoOptions& options) {
  const std::pair<std::string_view, const std::string&> values[] = {{"@listen@", options.listen},
                                                                    {"@service@", options.service},
                                                                    {"@status@", options.status},
                                                                    {"@admin@", options.admin}};
  for (const auto& [name, value] : values) text = replaced(std::move(text), name, value);
  return text;
}

constexpr const char* kConfiguration = R"(version: 1
listeners:
  - name: demo
    address: "@listen@"
    tls: {self_signed: true}
    timeouts: {backend_request: 300ms}      # a try that takes longer is given up
    filters:
@log@      - request_id: {}
      - headers: {response: {set: {X-Content-Type-Options: nosniff}}}
    upstream: legacy
upstreams:
  legacy:
    endpoints: ["@service@"]
    filters:
      - retry: {num_retries: 4, retry_on: [connect-failure, reset, timeout, 5xx], budget: {share: 50%, min: 20/s}}
      - circuit_breaker: {failure_rate: 60%, open_for: 5s}
status: {address: "@status@"}
admin: {address: "@admin@"}
@quiet@)";

constexpr const char* kWelcome = R"(Outrigger demo: a flaky service behind a full chain. Ctrl-C ends it.

  the service itself   http://@service@/    one request in four fails, hangs up or dawdles
  through Outrigger    https://@listen@/   TLS, retries, circuit breaker, request ids

Try, each several times:
  curl http://@service@/
  curl -k https://@listen@/
  outrigger demo --requests 1000            error rates and latencies side by side, instead of this

Watch:
  http://@admin@/    the dashboard
  the access log below: "tries" and "why" show what was hidden from the client
  curl http://@status@/metrics
  curl http://@admin@/api/breakers
  outrigger demo --print > outrigger.yaml   the configuration, to start from

)";

std::string configuration(const DemoOptions& options) {
  const bool quiet = options.requests > 0;
  std::string text = replaced(kConfiguration, "@log@", quiet ? "" : "      - access_log: {format: json}\n");
  text = replaced(std::move(text), "@quiet@", quiet ? "logging: {level: warn}\n" : "");
  return filled(std::move(text), options);
}

void print_row(const char* name, const TrafficResult& result) {
  const double rate =
      100.0 * static_cast<double>(result.errors) / static_cast<double>(std::max<std::size_t>(result.requests, 1));
  std::printf("%-18s %9zu %8zu %10.1f %% %8.2f ms %8.2f ms\n", name, result.requests, result.errors, rate,
              result.percentile(0.5), result.percentile(0.99));
}

int compare(const DemoOptions& options) {
  const auto service = net::Address::parse(options.service);
  const auto listen = net::Address::parse(options.listen);
  const auto tls = net::tls::ClientContext::load("", true);
  if (!service || !listen || !tls) return kFailure;
  std::printf("Sending %zu requests to the service itself, and %zu through Outrigger ...\n\n", options.requests,
              options.requests);
  const TrafficResult before = send_traffic(*service, nullptr, options.requests);
  const TrafficResult after = send_traffic(*listen, *tls, options.requests);
  std::printf("%-18s %9s %8s %12s %11s %11s\n", "", "requests", "errors", "error rate", "p50", "p99");
  print_row("direct", before);
  print_row("through Outrigger", after);
  return 0;
}

int demo(const DemoOptions& options) {
  if (options.print) {
    std::fputs(configuration(options).c_str(), stdout);
    return 0;
  }
  auto sockets = server::ListenSockets::bind(options.service, 1);
  const std::string problem = sockets ? (*sockets)->listen() : sockets.error();
  if (!problem.empty()) {
    std::fprintf(stderr, "outrigger: %s; --service takes another address\n", problem.c_str());
    return kUsageError;
  }
  server::Server server({.source = {.file = "demo", .text = configuration(options)}}, server::catalog());
  if (!server.start()) return kUsageError;
  const LegacyService service(*sockets);  // behind start(): its thread must not take the signals
  if (options.requests == 0) {
    std::fputs(filled(kWelcome, options).c_str(), stdout);
    std::fflush(stdout);
    return server.run();
  }
  int result = 0;
  std::thread traffic([&] {
    result = compare(options);
    server.stop();
  });
  server.run();
  traffic.join();
  return result;
}

}  // namespace

void add_demo(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<DemoOptions>();
  CLI::App* command = app.add_subcommand("demo", "A flaky service behind a full chain, nothing to set up");
  command->add_option("--requests", options->requests, "Sends itself so many requests, prints a comparison, and ends")
      ->check(CLI::Range(1, 10'000'000));
  command->add_option("--listen", options->listen, "Where Outrigger listens (127.0.0.1:8443)");
  command->add_option("--service", options->service, "Where the flaky service listens (127.0.0.1:8080)");
  command->add_option("--status", options->status, "Metrics and probes (127.0.0.1:9902)");
  command->add_option("--admin", options->admin, "Dashboard and API (127.0.0.1:9901)");
  command->add_flag("--print", options->print, "Prints the demo's configuration file, and ends");
  command->footer("Example:\n  outrigger demo\n  outrigger demo --requests 1000");
  command->callback([options, &exit_code] { exit_code = demo(*options); });
}

}  // namespace outrigger::cli
