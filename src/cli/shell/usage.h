#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
class Error;
}  // namespace CLI

// What is made of the definitions of the commands: usage lines, errors, completions, the manual page.
namespace outrigger::cli {

// "outrigger cache purge"
std::string name_of(const CLI::App& command);
// "outrigger validate [-c FILE] [--json] [FILE]": required parts without brackets.
std::string usage_of(const CLI::App& command);
// What a user sees of a command's options, the one for help aside.
std::vector<const CLI::Option*> options_of(const CLI::App& command);
// The sub-commands of a command that are shown.
std::vector<const CLI::App*> commands_of(const CLI::App& command);
// "-c, --config FILE"
std::string title_of(const CLI::Option& option);
// Does the option take the name of a file?
bool takes_file(const CLI::Option& option);
// The words that it takes, if they are few and known.
std::vector<std::string> words_of(const CLI::Option& option);

// A wrong command line in one line: what is wrong, what was probably meant, and how it is right.
std::string complaint(const CLI::App& app, const CLI::Error& error, const std::vector<std::string>& arguments);

// Scripts for a shell.
std::string bash_completion(const CLI::App& app);
std::string zsh_completion(const CLI::App& app);
std::string fish_completion(const CLI::App& app);
// outrigger(1), for man(7) macros.
std::string manual_page(const CLI::App& app);

}  // namespace outrigger::cli
