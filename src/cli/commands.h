#pragma once

namespace CLI {
class App;
}

// One function a group of sub-commands; each sets the exit code when its command was chosen.
namespace outrigger::cli {

inline constexpr int kUsageError = 2;  // bad flags or a bad configuration; 1 is a failure at run time

void add_run(CLI::App& app, int& exit_code);
void add_config_commands(CLI::App& app, int& exit_code);
int main(int argc, char** argv);

}  // namespace outrigger::cli
