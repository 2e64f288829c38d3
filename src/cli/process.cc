#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/units.h"
#include "cli/admin_client.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "config/load.h"

// Commands that speak to the running process.
namespace outrigger::cli {

namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr Duration kDrainPoll = 100ms;

void print_diagnostics(const json& report) {
  std::vector<config::Diagnostic> all;
  for (const json& item : report.at("diagnostics")) {
    config::Diagnostic& diagnostic = all.emplace_back();
    diagnostic.file = item.value("file", "");
    diagnostic.line = item.value("line", 0);
    diagnostic.column = item.value("column", 0);
    diagnostic.path = item.value("path", "");
    diagnostic.message = item.value("message", "");
    diagnostic.source_line = item.value("source_line", "");
    if (item.value("severity", "") == "warning") diagnostic.severity = config::Severity::warning;
  }
  config::print(all);
}

// With --json the process's own answer is all that is printed.
int print_answer(const HttpClient::Answer& answer, bool is_good) {
  std::fputs(answer.body.c_str(), stdout);
  return is_good ? 0 : kFailure;
}

int reload(const AdminTarget& target, bool as_json) {
  const auto answer = call_admin(target, "POST", "/api/reload");
  if (!answer) return complain(answer.error());
  if (as_json) return print_answer(*answer, answer->status == 200);
  const json report = json::parse(answer->body, nullptr, false);
  if (answer->status != 200 && answer->status != 422) return complain("the reload failed: " + answer->body);
  print_diagnostics(report);
  if (answer->status == 422) return complain("refused: the running configuration stays");
  std::printf("reloaded\n");
  return 0;
}

// The process says when its time to drain is over.
int drain(const AdminTarget& target, bool as_json) {
  const auto begun = call_admin(target, "POST", "/api/drain");
  if (!begun) return complain(begun.error());
  for (;;) {
    const auto answer = call_admin(target, "GET", "/api/info");
    if (!answer) return complain(answer.error());
    const json info = json::parse(answer->body, nullptr, false);
    if (answer->status != 200 || !info.is_object()) return complain("cannot ask how it goes: " + answer->body);
    if (info.value("phase", "") == "drained") {
      if (as_json) return print_answer(*answer, true);
      std::printf("drained\n");
      return 0;
    }
    const json state = info.value("drain", json::object());
    if (state.value("is_overdue", false)) {
      if (as_json) return print_answer(*answer, false);
      const int open = info.value("open_connections", 0);
      return complain(std::to_string(open) + (open == 1 ? " connection remains" : " connections remain") + " after " +
                      base::format_duration(std::chrono::milliseconds(state.value("limit_ms", 0))));
    }
    std::this_thread::sleep_for(kDrainPoll);
  }
}

struct HealthTarget {
  std::string file = "outrigger.yaml";
  std::string address;
  std::string path = "/readyz";
  bool as_json = false;
};

std::expected<std::string, CallError> status_address(const HealthTarget& target) {
  if (!target.address.empty()) return target.address;
  const auto settings = load_running(target.file, "--status");
  if (!settings) return std::unexpected(settings.error());
  if (settings->status) return settings->status->address;
  return std::unexpected(CallError{"there is no status address in " + target.file +
                                   ". Add this line and restart:\n  status: {address: 127.0.0.1:9902}"});
}

int health(const HealthTarget& target) {
  const auto place = status_address(target);
  if (!place) return complain(place.error());
  const auto address = net::Address::parse(local_address(*place));
  if (!address) return complain(CallError{address.error(), kUsageError});
  HttpClient client(*address, nullptr, 5s);
  const auto answer = client.request("GET", target.path);
  if (!answer) return complain("cannot ask " + *place + ": " + answer.error());
  if (target.as_json) {
    std::string said = answer->body;
    while (said.ends_with('\n')) said.pop_back();
    const json report = {{"healthy", answer->status == 200}, {"status", answer->status}, {"said", said}};
    std::printf("%s\n", report.dump(-1, ' ', false, json::error_handler_t::replace).c_str());
    return answer->status == 200 ? 0 : kFailure;
  }
  std::fputs(answer->body.c_str(), answer->status == 200 ? stdout : stderr);
  return answer->status == 200 ? 0 : kFailure;
}

}  // namespace

void add_process_commands(CLI::App& app, int& exit_code) {
  auto target = std::make_shared<AdminTarget>();
  CLI::App* again = app.add_subcommand("reload", "Makes the running process read its configuration again");
  target->add_options(*again);
  auto as_json = std::make_shared<bool>(false);
  again->add_flag("--json", *as_json, "The process's answer as JSON");
  again->footer("Example:\n  outrigger reload -c outrigger.yaml");
  again->callback([target, as_json, &exit_code] { exit_code = reload(*target, *as_json); });

  CLI::App* end = app.add_subcommand("drain",
                                     "Makes the running process not ready, and waits until nothing is in flight; exit "
                                     "code 1 when something still is after shutdown.drain");
  target->add_options(*end);
  end->add_flag("--json", *as_json, "The process's state at the end as JSON");
  end->footer("For a preStop hook; the process stays until SIGTERM.\nExample:\n  outrigger drain -c outrigger.yaml");
  end->callback([target, as_json, &exit_code] { exit_code = drain(*target, *as_json); });

  auto probe = std::make_shared<HealthTarget>();
  CLI::App* check =
      app.add_subcommand("health", "Asks the running process's status address; exit code 0 when it is well");
  check->add_option("-c,--config", probe->file, "Its configuration (outrigger.yaml)");
  check->add_option("--status", probe->address, "Its status address instead, such as 127.0.0.1:9902");
  check->add_option("--path", probe->path, "/readyz (default), /livez or /startupz");
  check->add_flag("--json", probe->as_json, "As JSON");
  check->footer("For images without a shell.\nExample:\n  outrigger health -c outrigger.yaml --path /livez");
  check->callback([probe, &exit_code] { exit_code = health(*probe); });
}

}  // namespace outrigger::cli
