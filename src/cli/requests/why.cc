#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/colour.h"
#include "cli/admin_client.h"
#include "cli/commands.h"
#include "cli/requests/show.h"

// Why a request was answered as it was.
namespace outrigger::cli {

namespace {

using nlohmann::json;

struct WhyOptions {
  AdminTarget admin;
  std::string id;
  bool as_json = false;
};

int why(const WhyOptions& options) {
  const bool is_list = options.id.empty();
  const std::string path = is_list ? "/api/requests?limit=20" : "/api/requests/" + percent_encoded(options.id);
  const auto answer = call_admin(options.admin, "GET", path);
  if (!answer) return complain(answer.error());
  const json found = json::parse(answer->body, nullptr, false);
  if (answer->status != 200) return complain(found.is_object() ? found.value("error", answer->body) : answer->body);
  if (options.as_json) {
    std::fputs(answer->body.c_str(), stdout);
    return 0;
  }
  const Paint paint(base::has_colour(STDOUT_FILENO));
  if (!is_list) {
    std::fputs(page_of(found, paint).c_str(), stdout);
    return 0;
  }
  for (const json& request : found) std::printf("%s\n", line_of(request, paint).c_str());
  return 0;
}

}  // namespace

void add_why(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<WhyOptions>();
  CLI::App* command = app.add_subcommand(
      "why", "Says why a request was answered so: filters with place, verdict and time, tries, failure");
  command->add_option("request-id", options->id,
                      "Its id (request_id), or the number of a record; absent: lists the latest");
  options->admin.add_options(*command);
  command->add_flag("--json", options->as_json, "As JSON");
  command->footer(
      "The latest requests that failed, were refused, were slow or were sampled are kept: admin.requests.\nExample:\n  "
      "outrigger why "
      "-c outrigger.yaml 0193a2c7d81e7a6fb0c1");
  command->callback([options, &exit_code] { exit_code = why(*options); });
}

}  // namespace outrigger::cli
