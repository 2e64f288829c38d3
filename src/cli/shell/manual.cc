#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/shell/usage.h"

namespace outrigger::cli {

namespace {

// Text for roff: no line begins with a request, and dashes stay as typed.
std::string roff(const std::string& text) {
  std::string made;
  bool begins = true;
  for (const char c : text) {
    if (begins && (c == '.' || c == '\'')) made += "\\&";
    if (c == '\\') {
      made += "\\e";
    } else if (c == '-') {
      made += "\\-";
    } else {
      made += c;
    }
    begins = c == '\n';
  }
  return made;
}

// "Example:\n  outrigger ..." as a paragraph and lines as they are.
std::string footer(const std::string& text) {
  std::string made;
  bool is_open = false;
  for (const std::string& line : CLI::detail::split(text, '\n')) {
    const bool is_command = line.starts_with("  ");
    if (is_command != is_open) made += is_command ? ".PP\n.nf\n.RS 2\n" : ".RE\n.fi\n.PP\n";
    is_open = is_command;
    if (!line.empty()) made += roff(is_command ? line.substr(2) : line) + "\n";
  }
  return made + (is_open ? ".RE\n.fi\n" : "");
}

std::string options(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* option : options_of(command)) {
    text += ".TP\n.B " + roff(title_of(*option)) + "\n" + roff(option->get_description()) + "\n";
  }
  return text;
}

std::string chapter(const CLI::App& command) {
  std::string text = ".SS " + roff(usage_of(command)) + "\n" + roff(command.get_description()) + ".\n";
  text += options(command);
  if (!command.get_footer().empty()) text += ".PP\n" + footer(command.get_footer());
  for (const CLI::App* inner : commands_of(command)) text += chapter(*inner);
  return text;
}

}  // namespace

std::string manual_page(const CLI::App& app) {
  std::string text = ".TH OUTRIGGER 1 \"\" \"outrigger " OUTRIGGER_VERSION
                     "\" \"User Commands\"\n.SH NAME\noutrigger \\- " +
                     roff(app.get_description()) + "\n.SH SYNOPSIS\n.B outrigger\nCOMMAND [OPTIONS]\n.SH COMMANDS\n";
  for (const CLI::App* command : commands_of(app)) text += chapter(*command);
  text += ".SH EXIT STATUS\n";
  for (const ExitCode& code : kExitCodes) {
    text += ".TP\n.B " + std::to_string(code.code) + "\n" + roff(code.meaning) + "\n";
  }
  text +=
      ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nNo colours, also on a terminal.\n.TP\n.B NAME\nWhat ${NAME} and env:NAME in "
      "the "
      "configuration stand for.\n.SH FILES\n.TP\n.I outrigger.yaml\nThe configuration, where \\-c does not say another "
      "one.\n";
  return text;
}

}  // namespace outrigger::cli
