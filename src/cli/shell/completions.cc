#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/shell/usage.h"

#include "base/text.h"

namespace outrigger::cli {

namespace {

std::vector<std::string> flags_of(const CLI::Option& option) {
  std::vector<std::string> flags;
  for (const std::string& name : option.get_snames()) flags.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) flags.push_back("--" + name);
  return flags;
}

std::vector<std::string> flags_of(const CLI::App& command) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : options_of(command)) {
    for (std::string& flag : flags_of(*option)) flags.push_back(std::move(flag));
  }
  flags.emplace_back("--help");
  return flags;
}

std::vector<std::string> names_of(const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> names;
  for (const CLI::App* command : commands) names.push_back(command->get_name());
  return names;
}

bool takes_value(const CLI::Option& option) {
  return option.get_expected_max() != 0 && option.get_type_size_max() != 0;
}

bool goes_by_place(const CLI::Option& option) { return flags_of(option).empty(); }

std::string escaped(const std::string& text, std::string_view special) {
  std::string made;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) made += '\\';
    made += c == '\n' ? ' ' : c;
  }
  return made;
}

// Descriptions inside single quotes. zsh knows no quote in them, and gives brackets and colons a meaning.
std::string zsh_text(std::string text) {
  std::ranges::replace(text, '\'', '`');
  return escaped(text, "\\[]:");
}
std::string fish_text(const std::string& text) { return escaped(text, "\\'"); }

// All commands below one, itself not among them.
void collect(const CLI::App& app, std::vector<const CLI::App*>& all) {
  for (const CLI::App* command : commands_of(app)) {
    all.push_back(command);
    collect(*command, all);
  }
}

std::vector<const CLI::App*> all_of(const CLI::App& app) {
  std::vector<const CLI::App*> all;
  collect(app, all);
  return all;
}

// The words of what bash offers for one command.
std::string bash_case(const CLI::App& command) {
  std::vector<std::string> words = names_of(commands_of(command));
  if (words.empty()) words = flags_of(command);
  std::string files, values;
  bool takes_files = false;
  for (const CLI::Option* option : options_of(command)) {
    if (goes_by_place(*option)) {
      takes_files = takes_files || takes_file(*option);
      for (std::string& word : words_of(*option)) words.push_back(std::move(word));
      continue;
    }
    if (!takes_value(*option)) continue;
    for (const std::string& flag : flags_of(*option)) {
      if (!takes_file(*option)) values.append(values.empty() ? "" : "|").append(flag);
      if (takes_file(*option)) files.append(files.empty() ? "" : "|").append(flag);
    }
    if (takes_file(*option) && !option->get_name(true).empty() && option->get_positional()) takes_files = true;
  }
  std::string text = "    '" + name_of(command) + "')\n      case $previous in\n";
  if (!files.empty()) text += "        " + files + ") COMPREPLY=($(compgen -f -- \"$current\")); return;;\n";
  if (!values.empty()) text += "        " + values + ") return;;\n";
  text += "      esac\n      words='" + base::joined(words, " ") + "'" + (takes_files ? "; files=1" : "") + ";;\n";
  return text;
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::string known;
  for (const CLI::App* command : all_of(app)) known += "    '" + name_of(*command) + "') at=\"$at $word\";;\n";
  std::string cases = "    'outrigger') words='" + base::joined(names_of(commands_of(app)), " ") + "';;\n";
  for (const CLI::App* command : all_of(app)) cases += bash_case(*command);
  return "# bash completion for outrigger: outrigger completions bash > /etc/bash_completion.d/outrigger\n"
         "_outrigger() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} at=outrigger words= files= "
         "word i\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n    word=${COMP_WORDS[i]}\n    case \"$at $word\" in\n" +
         known + "    esac\n  done\n  case $at in\n" + cases +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "  if [ -n \"$files\" ]; then COMPREPLY+=($(compgen -f -- \"$current\")); fi\n"
         "}\n"
         "complete -o filenames -F _outrigger outrigger\n";
}

namespace {

std::string function_of(const CLI::App& command) {
  std::string name = "_" + name_of(command);
  std::ranges::replace(name, ' ', '_');
  std::ranges::replace(name, '-', '_');
  return name;
}

std::string zsh_value(const CLI::Option& option) {
  if (takes_file(option)) return ":file:_files";
  const std::string words = base::joined(words_of(option), " ");
  return words.empty() ? ":value: " : ":value:(" + words + ")";
}

std::string zsh_options(const CLI::App& command) {
  std::string text;
  std::size_t place = 0;
  for (const CLI::Option* option : options_of(command)) {
    const std::string about = zsh_text(option->get_description());
    if (goes_by_place(*option)) {
      text += " \\\n    '" + std::to_string(++place) + zsh_value(*option) + "'";
      continue;
    }
    for (const std::string& flag : flags_of(*option)) {
      text += " \\\n    '" + flag + "[" + about + "]" + (takes_value(*option) ? zsh_value(*option) : "") + "'";
    }
  }
  return text + " \\\n    '--help[Shows how it is used]'";
}

std::string zsh_function(const CLI::App& command) {
  std::string text = function_of(command) + "() {\n";
  if (commands_of(command).empty()) return text + "  _arguments" + zsh_options(command) + "\n}\n";
  text +=
      "  local line state\n  _arguments -C '1: :->command' '*::argument:->arguments'\n  case $state in\n    command)\n"
      "      local -a commands=(\n";
  std::string cases;
  for (const CLI::App* each : commands_of(command)) {
    text += "        '" + each->get_name() + ":" + zsh_text(each->get_description()) + "'\n";
    cases += "        " + each->get_name() + ") " + function_of(*each) + ";;\n";
  }
  return text + "      )\n      _describe command commands;;\n    arguments)\n      case $line[1] in\n" + cases +
         "      esac;;\n  esac\n}\n";
}

}  // namespace

std::string zsh_completion(const CLI::App& app) {
  std::string text =
      "#compdef outrigger\n# zsh completion for outrigger: outrigger completions zsh > "
      "/usr/share/zsh/vendor-completions/_outrigger\n";
  for (const CLI::App* command : all_of(app)) text += zsh_function(*command);
  return text + zsh_function(app) +
         "if [ \"$funcstack[1]\" = _outrigger ]; then _outrigger; else compdef _outrigger outrigger; fi\n";
}

std::string fish_completion(const CLI::App& app) {
  std::string text =
      "# fish completion for outrigger: outrigger completions fish > /etc/fish/completions/outrigger.fish\n"
      "complete -c outrigger -f\n";
  std::vector<const CLI::App*> all = all_of(app);
  all.insert(all.begin(), &app);
  for (const CLI::App* command : all) {
    const CLI::App* const parent = command->get_parent();
    std::string seen;
    for (const CLI::App* at = command; at->get_parent() != nullptr; at = at->get_parent()) {
      seen = "__fish_seen_subcommand_from " + at->get_name() + (seen.empty() ? "" : "; and " + seen);
    }
    const std::vector<const CLI::App*> inner = commands_of(*command);
    const std::string none = parent == nullptr
                                 ? "__fish_use_subcommand"
                                 : seen + "; and not __fish_seen_subcommand_from " + base::joined(names_of(inner), " ");
    for (const CLI::App* each : inner) {
      text += "complete -c outrigger -n '" + none + "' -a " + each->get_name() + " -d '" +
              fish_text(each->get_description()) + "'\n";
    }
    if (parent == nullptr || !inner.empty()) continue;
    for (const CLI::Option* option : options_of(*command)) {
      text += "complete -c outrigger -n '" + seen + "'";
      for (const std::string& name : option->get_snames()) text += " -s " + name;
      for (const std::string& name : option->get_lnames()) text += " -l " + name;
      const std::string words = base::joined(words_of(*option), " ");
      if (takes_file(*option)) {
        text += goes_by_place(*option) ? " -F" : " -r -F";
      } else if (!words.empty()) {
        text += goes_by_place(*option) ? " -a '" + words + "'" : " -x -a '" + words + "'";
      } else if (takes_value(*option) && !goes_by_place(*option)) {
        text += " -x";
      }
      text += " -d '" + fish_text(option->get_description()) + "'\n";
    }
  }
  return text;
}

}  // namespace outrigger::cli
