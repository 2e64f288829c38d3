#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/colour.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "config/leaves.h"
#include "config/load.h"
#include "server/catalog.h"

// What is not the same in two configurations.
namespace outrigger::cli {

namespace {

using nlohmann::json;

struct DiffOptions {
  std::string before, after;
  bool as_json = false;
};

std::optional<config::Settings> load(const std::string& file) {
  config::LoadResult loaded = config::load_file(file, server::catalog());
  if (loaded.settings) return std::move(*loaded.settings);
  config::print(loaded.diagnostics);
  return std::nullopt;
}

json value_or_null(const std::string& value) { return value.empty() ? json() : json(value); }

void print_json(const std::vector<config::Difference>& found) {
  json list = json::array();
  for (const config::Difference& each : found) {
    list.push_back({{"path", each.path},
                    {"old", value_or_null(each.before)},
                    {"new", value_or_null(each.after)},
                    {"old_origin", value_or_null(each.before_origin)},
                    {"new_origin", value_or_null(each.after_origin)}});
  }
  std::printf("%s\n", list.dump(2, ' ', false, json::error_handler_t::replace).c_str());
}

void print(const std::vector<config::Difference>& found) {
  const Paint paint(base::has_colour(STDOUT_FILENO));
  for (const config::Difference& each : found) {
    std::printf("%s\n", paint("1", each.path).c_str());
    if (!each.before.empty()) {
      std::printf("%s\n", paint("31", "  - " + each.before + "  # " + each.before_origin).c_str());
    }
    if (!each.after.empty()) {
      std::printf("%s\n", paint("32", "  + " + each.after + "  # " + each.after_origin).c_str());
    }
  }
}

int diff(const DiffOptions& options) {
  const auto before = load(options.before), after = load(options.after);
  if (!before || !after) return kUsageError;
  const std::vector<config::Difference> found = config::differences(*before, *after);
  options.as_json ? print_json(found) : print(found);
  return found.empty() ? 0 : kFailure;
}

}  // namespace

void add_diff(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<DiffOptions>();
  CLI::App* command = app.add_subcommand(
      "diff", "Shows what is not the same in two configurations: values in effect, whatever way they are written");
  command->add_option("old", options->before, "The older configuration")->required();
  command->add_option("new", options->after, "The newer one")->required();
  command->add_flag("--json", options->as_json, "A JSON array of path, old and new value and where each was set");
  command->footer(
      "Ends with 0 when they are the same, with 1 when they are not.\nExample:\n  outrigger diff outrigger.yaml "
      "new.yaml");
  command->callback([options, &exit_code] { exit_code = diff(*options); });
}

}  // namespace outrigger::cli
