#pragma once

namespace CLI {
class App;
}

// One function a group of sub-commands; each sets the exit code when its command was chosen.
namespace outrigger::cli {

inline constexpr int kFailure = 1;     // at run time
inline constexpr int kUsageError = 2;  // bad flags or a bad configuration

// What an exit code says, for the manual page.
struct ExitCode {
  int code;
  const char* meaning;
};
inline constexpr ExitCode kExitCodes[] = {
    {0, "Done; of health: it is well; of diff: no difference."},
    {kFailure,
     "It could not be done at run time: nobody answers at the admin address, a reload was refused, something is still "
     "in "
     "flight after a drain, health is not well, init would overwrite a file; of diff: there are differences."},
    {kUsageError, "Wrong options, or a configuration with errors."},
    {126,
     "The app of run --exec can't be executed; 127: it is not there. Else run --exec ends with the app's own code."},
};

void add_run(CLI::App& app, int& exit_code);
void add_proxy(CLI::App& app, int& exit_code);
void add_demo(CLI::App& app, int& exit_code);
void add_cert(CLI::App& app, int& exit_code);
void add_explain(CLI::App& app, int& exit_code);
void add_cache(CLI::App& app, int& exit_code);
void add_why(CLI::App& app, int& exit_code);
void add_top(CLI::App& app, int& exit_code);
void add_init(CLI::App& app, int& exit_code);
void add_diff(CLI::App& app, int& exit_code);
void add_shell_commands(CLI::App& app);
void add_tap(CLI::App& app, int& exit_code);
void add_process_commands(CLI::App& app, int& exit_code);
void add_config_commands(CLI::App& app, int& exit_code);
int main(int argc, char** argv);

}  // namespace outrigger::cli
