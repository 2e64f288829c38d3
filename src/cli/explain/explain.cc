#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/explain/explanation.h"
#include "server/catalog.h"

namespace outrigger::cli {

namespace {

using nlohmann::json;

struct ExplainOptions {
  std::string file = "outrigger.yaml";
  std::vector<std::string> asked;  // a URL, with a method in front of it or not
  Question question;
  bool as_json = false;
};

void print_line(const char* label, const std::string& text, const std::string& origin) {
  std::printf("%-10s %-50s", label, text.c_str());
  if (!origin.empty()) std::printf("  # %s", origin.c_str());
  std::printf("\n");
}

void print_filters(const Explanation& explanation) {
  if (explanation.filters.empty()) std::printf("filters    none\n");
  std::string level;
  for (const ExplainedFilter& filter : explanation.filters) {
    if (filter.level != level) std::printf("filters    of the %s\n", filter.level.c_str());
    level = filter.level;
    std::string_view rest = filter.options;
    while (!rest.empty()) {
      const auto end = rest.find('\n');
      std::printf("  %.*s\n", static_cast<int>(end), rest.data());
      rest.remove_prefix(end + 1);
    }
  }
}

void print(const Explanation& explanation) {
  print_line("request", explanation.request, "");
  print_line("listener", explanation.listener.name + " (" + explanation.listener.value + ")",
             explanation.listener.origin);
  if (!explanation.refused.empty()) return print_line("refused", explanation.refused, "");
  if (!explanation.route.name.empty()) {
    print_line("route", explanation.route.name + ": " + explanation.route.value, explanation.route.origin);
  }
  print_line("action", explanation.action, "");
  print_filters(explanation);
  for (const Effective& endpoint : explanation.endpoints) {
    print_line("endpoint", endpoint.name + " " + endpoint.value, endpoint.origin);
  }
  for (const Effective& timeout : explanation.timeouts) {
    print_line("timeout", timeout.name + ": " + timeout.value, timeout.origin);
  }
}

json as_json(const Effective& effective) {
  return {{"name", effective.name}, {"value", effective.value}, {"origin", effective.origin}};
}

json as_json(const Explanation& explanation) {
  json filters = json::array();
  for (const ExplainedFilter& filter : explanation.filters) {
    filters.push_back({{"name", filter.name}, {"level", filter.level}, {"options", filter.options}});
  }
  json timeouts = json::array();
  json endpoints = json::array();
  for (const Effective& timeout : explanation.timeouts) timeouts.push_back(as_json(timeout));
  for (const Effective& endpoint : explanation.endpoints) endpoints.push_back(as_json(endpoint));
  return {{"request", explanation.request},
          {"refused", explanation.refused},
          {"listener", as_json(explanation.listener)},
          {"route", as_json(explanation.route)},
          {"action", explanation.action},
          {"filters", filters},
          {"timeouts", timeouts},
          {"endpoints", endpoints}};
}

int run_explain(ExplainOptions& options) {
  options.question.url = options.asked.back();
  if (options.asked.size() > 1) options.question.method = options.asked.front();
  const config::LoadResult loaded = config::load_file(options.file, server::catalog());
  if (!loaded.settings) {
    config::print(loaded.diagnostics);
    return kUsageError;
  }
  const auto explanation = explain(*loaded.settings, options.question);
  if (!explanation) {
    std::fprintf(stderr, "outrigger: %s\n", explanation.error().c_str());
    return kUsageError;
  }
  if (options.as_json) {
    std::printf("%s\n", as_json(*explanation).dump(2, ' ', false, json::error_handler_t::replace).c_str());
  } else {
    print(*explanation);
  }
  return 0;
}

}  // namespace

void add_explain(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ExplainOptions>();
  CLI::App* command = app.add_subcommand(
      "explain",
      "Shows offline what happens to a request or connection: route, filters, values in effect and where each was set");
  command->add_option("-c,--config", options->file, "The configuration (outrigger.yaml)");
  command->add_option("request", options->asked, "[GET] https://host/path, or tcp://name:port")
      ->required()
      ->expected(1, 2);
  command
      ->add_option("-H,--header", options->question.headers, "A header field, 'Name: value'; several times for several")
      ->allow_extra_args(false);
  command->add_option("--listener", options->question.listener, "The listener; absent: by the URL's scheme and port");
  command->add_flag("--json", options->as_json, "The same as JSON");
  command->footer(
      "Examples:\n"
      "  outrigger explain -c outrigger.yaml GET https://shop.example/reports -H 'X-Kind: b'\n"
      "  outrigger explain -c outrigger.yaml tcp://mail.example:8443");
  command->callback([options, &exit_code] { exit_code = run_explain(*options); });
}

}  // namespace outrigger::cli
