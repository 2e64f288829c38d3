#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/commands.h"
#include "cli/shell/usage.h"

// What packages ship beside the binary, made from the definitions of its commands.
namespace outrigger::cli {

void add_shell_commands(CLI::App& app) {
  auto shell = std::make_shared<std::string>();
  CLI::App* completions = app.add_subcommand("completions", "Prints the completion script of a shell");
  completions->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completions->footer("Example:\n  outrigger completions bash > /etc/bash_completion.d/outrigger");
  completions->callback([shell, &app] {
    const std::string text = *shell == "bash"  ? bash_completion(app)
                             : *shell == "zsh" ? zsh_completion(app)
                                               : fish_completion(app);
    std::fputs(text.c_str(), stdout);
  });
  CLI::App* page = app.add_subcommand("man", "Prints the manual page outrigger(1)");
  page->footer("Example:\n  outrigger man > /usr/share/man/man1/outrigger.1");
  page->callback([&app] { std::fputs(manual_page(app).c_str(), stdout); });
}

}  // namespace outrigger::cli
