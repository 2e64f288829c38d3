#pragma once

namespace CLI {
class App;
}

// One function a group of sub-commands; each sets the exit code when its command was chosen.
namespace outrigger::cli {

inline constexpr int kFailure = 1;     // at run time
inline constexpr int kUsageError = 2;  // bad flags or a bad configuration

void add_run(CLI::App& app, int& exit_code);
void add_proxy(CLI::App& app, int& exit_code);
void add_demo(CLI::App& app, int& exit_code);
void add_cert(CLI::App& app, int& exit_code);
void add_explain(CLI::App& app, int& exit_code);
void add_cache(CLI::App& app, int& exit_code);
void add_process_commands(CLI::App& app, int& exit_code);
void add_config_commands(CLI::App& app, int& exit_code);
int main(int argc, char** argv);

}  // namespace outrigger::cli
