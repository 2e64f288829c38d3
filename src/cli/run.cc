#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/units.h"
#include "cli/commands.h"
#include "cli/init_process.h"
#include "server/catalog.h"
#include "server/server.h"

namespace outrigger::cli {

namespace {

struct RunOptions {
  server::Options server;
  bool exec = false;
  std::string restart = "never";
};

// A validator that also stores: "60s".
CLI::Option* add_duration(CLI::App& command, const std::string& name, Duration& value, const std::string& help) {
  const auto parse = [&value, name](const std::string& text) {
    const auto parsed = base::parse_duration(text);
    if (!parsed) throw CLI::ValidationError(name, parsed.error());
    value = *parsed;
  };
  return command.add_option_function<std::string>(name, parse, help);
}

void add_app_options(CLI::App& command, RunOptions& options) {
  server::AppOptions& app = options.server.app;
  auto* exec =
      command.add_flag("--exec", options.exec, "Starts APP once the listeners are bound, and ends with its exit code");
  command.add_option("APP", app.command, "The program and its arguments, behind --; no shell reads them")->needs(exec);
  command.add_option("--restart", options.restart, "never, or on-failure: again when APP fails (never)")
      ->check(CLI::IsMember({"never", "on-failure"}))
      ->needs(exec);
  command.add_option("--restart-limit", app.restart_limit, "So many restarts in a row (5), 1s to 30s apart")
      ->check(CLI::Range(1, 1'000'000))
      ->needs(exec);
  command
      .add_option("--wait-for", app.wait_for,
                  "Not ready until APP listens there (127.0.0.1:8080), or until a health check of "
                  "the upstream passes (upstream:NAME)")
      ->needs(exec);
  add_duration(command, "--wait-limit", app.wait_limit, "APP has failed when that takes longer (60s)")->needs(exec);
  add_duration(command, "--stop-limit", app.stop_limit, "From APP's SIGTERM to its SIGKILL (10s)")->needs(exec);
}

int run(RunOptions& options) {
  if (options.exec && options.server.app.command.empty()) {
    std::fprintf(stderr, "outrigger: --exec wants a program: outrigger run --exec -- APP ...\n");
    return kUsageError;
  }
  options.server.app.restarts = options.restart == "on-failure";
  leave_process_1();
  server::Server server(options.server, server::catalog());
  return server.start() ? server.run() : kUsageError;
}

}  // namespace

void add_run(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "Serves with the configuration in FILE until SIGTERM or SIGINT");
  command->add_option("-c,--config", options->server.source.file, "The configuration (outrigger.yaml)");
  command
      ->add_option("--workers", options->server.workers,
                   "Worker threads; absent: the CPU quota, without one min(4, cores)")
      ->check(CLI::Range(1, 64));
  add_app_options(*command, *options);
  command->footer(
      "Example:\n  outrigger run -c outrigger.yaml --workers 2\n"
      "  outrigger run -c outrigger.yaml --exec --wait-for 127.0.0.1:8080 -- /opt/legacy/bin/server --port 8080");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace outrigger::cli
