#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/small_file.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "config/json_text.h"
#include "config/load.h"
#include "server/catalog.h"

// A first configuration to go on from.
namespace outrigger::cli {

namespace {

using config::json_text;  // a JSON string is a YAML string

struct InitOptions {
  std::string output = "outrigger.yaml";
  std::string listen = "0.0.0.0:8080";
  std::string upstream = "127.0.0.1:8000";
  std::string tls, key;
};

std::string tls_line(const InitOptions& options) {
  if (options.tls.empty())
    return "    # tls: {cert: /etc/tls/tls.crt, key: /etc/tls/tls.key}   # HTTPS; self_signed: true to try it\n";
  if (options.tls == "self-signed")
    return "    tls: {self_signed: true}              # for trying; then {cert: FILE, key: FILE}\n";
  return "    tls: {cert: " + json_text(options.tls) + ", key: " + json_text(options.key) + "}\n";
}

std::string starter(const InitOptions& options) {
  return "# Outrigger's configuration. Check it with `outrigger validate`, serve with `outrigger run`; a changed file "
         "is\n"
         "# adopted by itself. All keys: `outrigger schema --markdown`. Values in effect: `outrigger dump`.\n"
         "version: 1\n"
         "\n"
         "listeners:\n"
         "  - name: web\n"
         "    address: " +
         json_text(options.listen) + "\n" + tls_line(options) +
         "    filters:                              # run in this order on each request\n"
         "      - access_log: {format: json}        # to stdout; `why` says what was decided\n"
         "      - request_id: {}                    # for `outrigger why REQUEST-ID`\n"
         "      # - rate_limit: {key: client_ip, rate: 50/s, burst: 100}\n"
         "    routes:\n"
         "      # - match: {path: {prefix: /reports}}\n"
         "      #   filters: [{cache: {ttl: 60s, stale_if_error: 10m}}]\n"
         "      #   upstream: app\n"
         "      - name: everything\n"
         "        upstream: app\n"
         "\n"
         "upstreams:\n"
         "  app:\n"
         "    endpoints: [" +
         json_text(options.upstream) +
         "]        # host:port, unix:/path, dns://name:port; several are balanced\n"
         "    filters:                              # these two are there by themselves when this list is left out\n"
         "      - retry: {num_retries: 2}           # around the breaker: every try counts there\n"
         "      - circuit_breaker: {failure_rate: 50%, window: 10s, min_requests: 20, open_for: 5s}\n"
         "    # health_check: {path: /healthz, interval: 5s}\n"
         "\n"
         "status: {address: 127.0.0.1:9902}         # read-only: /metrics /livez /readyz /startupz\n"
         "admin: {address: 127.0.0.1:9901}          # dashboard, `outrigger why`, `tap`, `top`, `reload`, `drain`\n";
}

// All of `text` or no file; gives errno, EEXIST where there is one.
int write_new(const std::string& file, std::string_view text) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) return errno;
  int error = base::write_all(fd, text) ? 0 : errno;
  if (::close(fd) != 0 && error == 0) error = errno;
  if (error != 0) ::unlink(file.c_str());
  return error;
}

int init(const InitOptions& options) {
  const std::string text = starter(options);
  const config::LoadResult loaded = config::load_text(text, "starter", server::catalog());
  if (!loaded.settings) {
    complain(loaded.diagnostics.empty() ? "these values make no configuration"
                                        : config::render(loaded.diagnostics.front(), false));
    return kUsageError;
  }
  if (options.output == "-") {
    std::fputs(text.c_str(), stdout);
    return 0;
  }
  const int error = write_new(options.output, text);
  if (error == EEXIST) {
    return complain(options.output + " is there already and stays as it is: --output says another file");
  }
  if (error != 0) return complain("cannot write " + options.output + ": " + std::strerror(error));
  std::printf("%s is written. Next: outrigger validate -c %s, then outrigger run -c %s\n", options.output.c_str(),
              options.output.c_str(), options.output.c_str());
  return 0;
}

}  // namespace

void add_init(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<InitOptions>();
  CLI::App* command =
      app.add_subcommand("init", "Writes a first configuration with comments; never over a file that is there");
  command->add_option("-o,--output", options->output, "The file (outrigger.yaml); -: to stdout");
  command->add_option("--listen", options->listen,
                      "Where clients connect: a port, host:port or unix:/path (0.0.0.0:8080)");
  command->add_option("--upstream", options->upstream, "Where the service listens (127.0.0.1:8000)");
  auto* tls = command->add_option("--tls", options->tls, "self-signed, or a certificate file; absent: plain text");
  command->add_option("--key", options->key, "The certificate's key file")->needs(tls);
  command->footer("Example:\n  outrigger init --listen 8443 --tls self-signed --upstream 127.0.0.1:8080");
  command->callback([options, &exit_code] { exit_code = init(*options); });
}

}  // namespace outrigger::cli
