#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/commands.h"

namespace outrigger::cli {

int main(int argc, char** argv) {
  CLI::App app("Outrigger: a sidecar proxy that adds TLS, retries, circuit breaking and logs to a service",
               "outrigger");
  int exit_code = 0;
  app.require_subcommand(1);
  add_run(app, exit_code);
  add_proxy(app, exit_code);
  add_demo(app, exit_code);
  add_config_commands(app, exit_code);
  add_process_commands(app, exit_code);
  app.add_subcommand("version", "Prints the version")->callback([] {
    std::printf("outrigger " OUTRIGGER_VERSION "\n");
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageError;
  }
  return exit_code;
}

}  // namespace outrigger::cli
