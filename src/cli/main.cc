#include <fcntl.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string_view>

#include "cli/commands.h"
#include "cli/shell/usage.h"
#include "server/signals.h"

namespace outrigger::cli {
namespace {

// A standard descriptor that is closed would become the next socket, and log lines would go to a client. What stands in
// for it cannot be written: lines are counted as dropped.
void fill_standard_descriptors() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0) (void)::open("/dev/null", O_RDONLY);
  }
}

bool serves(std::string_view command) { return command == "run" || command == "proxy" || command == "demo"; }

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && serves(argv[1])) server::hold_signals(false);
  CLI::App app("Outrigger: a sidecar proxy that adds TLS, retries, circuit breaking and logs to a service",
               "outrigger");
  fill_standard_descriptors();
  int exit_code = 0;
  app.require_subcommand(1);
  add_run(app, exit_code);
  add_proxy(app, exit_code);
  add_demo(app, exit_code);
  add_config_commands(app, exit_code);
  add_cert(app, exit_code);
  add_explain(app, exit_code);
  add_cache(app, exit_code);
  add_why(app, exit_code);
  add_tap(app, exit_code);
  add_top(app, exit_code);
  add_diff(app, exit_code);
  add_init(app, exit_code);
  add_shell_commands(app);
  add_process_commands(app, exit_code);
  app.add_subcommand("version", "Prints the version")->callback([] {
    std::printf("outrigger " OUTRIGGER_VERSION "\n");
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    std::fputs(complaint(app, error, {argv + 1, argv + argc}).c_str(), stderr);
    return kUsageError;
  }
  return exit_code;
}

}  // namespace outrigger::cli
