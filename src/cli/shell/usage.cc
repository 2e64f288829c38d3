#include "cli/shell/usage.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/suggest.h"

namespace outrigger::cli {

namespace {

constexpr std::size_t kMostShown = 6;  // options in a usage line

std::string capitals(std::string text) {
  for (char& c : text) c = c == '-' ? '-' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return text;
}

bool is_flag(const CLI::Option& option) { return option.get_expected_max() == 0 || option.get_type_size_max() == 0; }

// What stands for an option's value.
std::string value_of(const CLI::Option& option) {
  if (takes_file(option)) return "FILE";
  return capitals(option.get_lnames().empty() ? option.get_single_name() : option.get_lnames().front());
}

// "-c FILE", or "REQUEST-ID" for one that goes by its place.
std::string short_title(const CLI::Option& option) {
  if (option.get_snames().empty() && option.get_lnames().empty()) return capitals(option.get_name(true));
  const std::string name =
      option.get_snames().empty() ? "--" + option.get_lnames().front() : "-" + option.get_snames().front();
  return is_flag(option) ? name : name + " " + value_of(option);
}

// The sub-command that the line got to.
const CLI::App& reached(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().back();
  return *at;
}

std::size_t depth_of(const CLI::App& command) {
  std::size_t depth = 0;
  for (const CLI::App* at = command.get_parent(); at != nullptr; at = at->get_parent()) ++depth;
  return depth;
}

// The first word behind the command's own that names no command of it; empty: there is none.
std::string unknown_command(const CLI::App& command, const std::vector<std::string>& arguments) {
  if (commands_of(command).empty()) return {};
  std::size_t words = 0;
  for (const std::string& argument : arguments) {
    if (!argument.starts_with('-') && words++ == depth_of(command)) return argument;
  }
  return {};
}

std::string what_is_wrong(const CLI::App& command, const CLI::Error& error, const std::vector<std::string>& arguments) {
  std::vector<std::string> names;
  for (const CLI::App* known : commands_of(command)) names.push_back(known->get_name());
  if (const std::string word = unknown_command(command, arguments); !word.empty()) {
    const std::string hint = base::did_you_mean(word, names);
    return "there is no command \"" + word + "\"" + (hint.empty() ? ", known are " + base::quoted_list(names) : hint);
  }
  if (!names.empty()) return "say a command: " + base::quoted_list(names);
  std::string text = error.what();
  std::ranges::replace(text, '\n', ' ');
  constexpr std::string_view kUnexpected = "not expected: ";
  const auto at = text.find(kUnexpected);
  if (at == std::string::npos) return text;
  const std::string word = text.substr(at + kUnexpected.size());
  for (const CLI::Option* option : options_of(command)) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return "\"" + word + "\" is not known here" + base::did_you_mean(word.substr(0, word.find_first_of("= ")), names);
}

}  // namespace

std::string name_of(const CLI::App& command) {
  const CLI::App* const parent = command.get_parent();
  return parent == nullptr ? command.get_name() : name_of(*parent) + " " + command.get_name();
}

std::vector<const CLI::Option*> options_of(const CLI::App& command) {
  return command.get_options([&command](const CLI::Option* option) {
    return option != command.get_help_ptr() && !option->get_group().empty();
  });
}

std::vector<const CLI::App*> commands_of(const CLI::App& command) {
  return command.get_subcommands(
      [](const CLI::App* each) { return !each->get_name().empty() && !each->get_group().empty(); });
}

bool takes_file(const CLI::Option& option) {
  static const std::vector<std::string> kFiles = {"config", "file", "key", "old", "new", "output"};
  if (is_flag(option)) return false;
  const auto& names = option.get_lnames();
  return std::ranges::find(kFiles, names.empty() ? option.get_name(true) : names.front()) != kFiles.end();
}

std::vector<std::string> words_of(const CLI::Option& option) {
  // CLI::IsMember says "{a,b}".
  const std::string type = option.get_type_name();
  const auto begin = type.find('{'), end = type.find('}');
  std::vector<std::string> words;
  if (begin == std::string::npos || end == std::string::npos) return words;
  for (const std::string& word : CLI::detail::split(type.substr(begin + 1, end - begin - 1), ','))
    words.push_back(word);
  return words;
}

std::string title_of(const CLI::Option& option) {
  if (option.get_snames().empty() && option.get_lnames().empty()) return capitals(option.get_name(true));
  std::string title;
  for (const std::string& name : option.get_snames()) title += (title.empty() ? "-" : ", -") + name;
  for (const std::string& name : option.get_lnames()) title += (title.empty() ? "--" : ", --") + name;
  return is_flag(option) ? title : title + " " + value_of(option);
}

std::string usage_of(const CLI::App& command) {
  std::string usage = name_of(command);
  if (!commands_of(command).empty()) return usage + " COMMAND [OPTIONS]";
  std::size_t shown = 0, hidden = 0;
  for (const CLI::Option* option : options_of(command)) {
    if (!option->get_required() && ++shown > kMostShown) {
      ++hidden;
      continue;
    }
    usage += " " + (option->get_required() ? short_title(*option) : "[" + short_title(*option) + "]");
  }
  return usage + (hidden > 0 ? " [...]" : "");
}

std::string complaint(const CLI::App& app, const CLI::Error& error, const std::vector<std::string>& arguments) {
  const CLI::App& command = reached(app);
  return name_of(command) + ": " + what_is_wrong(command, error, arguments) + "; usage: " + usage_of(command) + "\n";
}

}  // namespace outrigger::cli
