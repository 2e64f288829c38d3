#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "filters/registry.h"
#include "server/server.h"

namespace outrigger::cli {

void add_run(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<server::Options>();
  CLI::App* command = app.add_subcommand("run", "Serves with the configuration in FILE until SIGTERM or SIGINT");
  command->add_option("-c,--config", options->source.file, "The configuration (outrigger.yaml)");
  command->add_option("--workers", options->workers, "Worker threads; absent: the CPU quota, without one min(4, cores)")
      ->check(CLI::Range(1, 64));
  command->footer("Example:\n  outrigger run -c outrigger.yaml --workers 2");
  command->callback([options, &exit_code] {
    server::Server server(*options, filters::catalog());
    exit_code = server.start() ? server.run() : kUsageError;
  });
}

}  // namespace outrigger::cli
