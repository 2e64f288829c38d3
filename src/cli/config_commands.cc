#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "config/leaves.h"
#include "config/load.h"
#include "server/catalog.h"
#include "server/keyed_store.h"
#include "server/snapshot.h"

namespace outrigger::cli {

namespace {

using nlohmann::json;

struct FileOptions {
  std::string file = "outrigger.yaml";
  bool json = false;
};

// All that `run` would refuse but ports that are in use: those are of another machine, or of the process that serves.
int validate(const FileOptions& options) {
  const auto inspect = [](const config::Settings& settings, const config::Findings& findings) {
    server::ProcessStore store;
    server::SnapshotBuilder(1, store).load(settings, findings);
  };
  const config::LoadResult loaded = config::load_file(options.file, server::catalog(), inspect);
  if (options.json) {
    std::printf("%s\n", config::to_json(loaded.diagnostics).c_str());
  } else {
    config::print(loaded.diagnostics);
    if (loaded.settings) std::printf("%s: ok\n", options.file.c_str());
  }
  return loaded.settings ? 0 : kUsageError;
}

int dump(const FileOptions& options) {
  const config::LoadResult loaded = config::load_file(options.file, server::catalog());
  config::print(loaded.diagnostics);
  if (!loaded.settings) return kUsageError;
  if (options.json) {
    json list = json::array();
    for (const config::Leaf& leaf : config::leaves(*loaded.settings, config::PartNames::by_place)) {
      list.push_back({{"path", leaf.path}, {"value", leaf.value}, {"origin", leaf.origin}});
    }
    std::printf("%s\n", list.dump(2, ' ', false, json::error_handler_t::replace).c_str());
    return 0;
  }
  std::fputs(config::dump(*loaded.settings, server::catalog()).c_str(), stdout);
  return 0;
}

}  // namespace

void add_config_commands(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<FileOptions>();
  CLI::App* check = app.add_subcommand("validate", "Checks a configuration and shows every error at once");
  check->add_option("-c,--config,file", options->file, "The configuration (outrigger.yaml)");
  check->add_flag("--json", options->json, "A JSON array for editors and CI");
  check->footer("Example:\n  outrigger validate -c outrigger.yaml");
  check->callback([options, &exit_code] { exit_code = validate(*options); });
  CLI::App* show = app.add_subcommand("dump", "Prints the effective configuration and where each value was set");
  show->add_option("-c,--config,file", options->file, "The configuration (outrigger.yaml)");
  show->add_flag("--json", options->json, "A JSON array of path, value and origin");
  show->footer("Example:\n  outrigger dump -c outrigger.yaml");
  show->callback([options, &exit_code] { exit_code = dump(*options); });
  CLI::App* schema = app.add_subcommand("schema", "Prints the JSON Schema (2020-12) of the configuration");
  auto markdown = std::make_shared<bool>(false);
  schema->add_flag("--markdown", *markdown, "The same as a reference for people");
  schema->footer(
      "Example:\n  outrigger schema > outrigger.schema.json\n  outrigger schema --markdown > docs/reference.md");
  schema->callback([markdown] {
    const std::string text =
        *markdown ? config::reference_markdown(server::catalog()) : config::json_schema(server::catalog()) + "\n";
    std::fputs(text.c_str(), stdout);
  });
}

}  // namespace outrigger::cli
