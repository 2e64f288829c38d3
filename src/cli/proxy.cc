#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/commands.h"
#include "config/json_text.h"
#include "server/catalog.h"
#include "server/server.h"

namespace outrigger::cli {

namespace {

struct ProxyOptions {
  std::string listen;
  std::string tls;
  std::string key;
  std::vector<std::string> upstreams;
  std::string status = "127.0.0.1:9902";
  std::string admin = "127.0.0.1:9901";
  std::size_t workers = 0;
  bool print = false;
};

using config::json_text;  // a JSON string is a YAML string

std::string tls_block(const ProxyOptions& options) {
  if (options.tls.empty()) return {};
  if (options.tls == "self-signed") return "    tls: {self_signed: true}\n";
  return "    tls: {cert: " + json_text(options.tls) + ", key: " + json_text(options.key) + "}\n";
}

// The file that these options stand for.
std::string configuration(const ProxyOptions& options) {
  const bool on_terminal = ::isatty(STDOUT_FILENO) != 0;
  std::string text = "version: 1\nlisteners:\n  - name: proxy\n    address: " + json_text(options.listen) + "\n" +
                     tls_block(options) +
                     "    filters:\n      - access_log: {format: " + (on_terminal ? "text" : "json") +
                     "}\n      - request_id: {}\n    upstream: app\n";
  text += "upstreams:\n  app:\n    endpoints:\n";
  for (const std::string& endpoint : options.upstreams) text += "      - " + json_text(endpoint) + "\n";
  if (options.status != "off") text += "status: {address: " + json_text(options.status) + "}\n";
  if (options.admin != "off") text += "admin: {address: " + json_text(options.admin) + "}\n";
  return text;
}

int proxy(const ProxyOptions& options) {
  const std::string text = configuration(options);
  if (options.print) {
    std::fputs(text.c_str(), stdout);
    return 0;
  }
  server::Server server({.source = {.file = "command line", .text = text}, .workers = options.workers},
                        server::catalog());
  return server.start() ? server.run() : kUsageError;
}

}  // namespace

void add_proxy(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ProxyOptions>();
  CLI::App* command = app.add_subcommand("proxy", "Serves without a file: one listener, one upstream, all defaults");
  command->add_option("--listen", options->listen, "Where clients connect: a port, host:port or unix:/path")
      ->required();
  command
      ->add_option("--upstream", options->upstreams, "Where the service listens; several times for several endpoints")
      ->required();
  auto* tls = command->add_option("--tls", options->tls, "self-signed, or a certificate file; absent: plain text");
  command->add_option("--key", options->key, "The certificate's key file")->needs(tls);
  command->add_option("--status", options->status, "Metrics and probes (127.0.0.1:9902), or off");
  command->add_option("--admin", options->admin, "Dashboard and API (127.0.0.1:9901), or off");
  command->add_option("--workers", options->workers, "Worker threads; absent: the CPU quota, without one min(4, cores)")
      ->check(CLI::Range(1, 64));
  command->add_flag("--print", options->print, "Prints the configuration file that these options stand for, and ends");
  command->footer("Example:\n  outrigger proxy --listen 8443 --tls self-signed --upstream 127.0.0.1:8080");
  command->callback([options, &exit_code] { exit_code = proxy(*options); });
}

}  // namespace outrigger::cli
