#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/colour.h"
#include "cli/admin_client.h"
#include "cli/commands.h"
#include "cli/requests/show.h"

// Requests as they end.
namespace outrigger::cli {

namespace {

using nlohmann::json;

struct TapOptions {
  AdminTarget admin;
  std::string status, path, host, failure, slower_than, route, upstream, kind;
  std::uint64_t count = 0;
  bool as_json = false;
};

std::string query_of(const TapOptions& options) {
  const std::pair<const char*, const std::string*> conditions[] = {
      {"status", &options.status},           {"path", &options.path},   {"host", &options.host},
      {"failure", &options.failure},         {"route", &options.route}, {"upstream", &options.upstream},
      {"slower_than", &options.slower_than}, {"kind", &options.kind},
  };
  std::string query;
  for (const auto& [name, value] : conditions) {
    if (!value->empty())
      query.append(query.empty() ? "?" : "&").append(name).append("=").append(percent_encoded(*value));
  }
  return query;
}

// Takes the stream apart into lines and prints them.
class Printer {
 public:
  explicit Printer(const TapOptions& options)
      : left_(options.count), as_json_(options.as_json || ::isatty(STDOUT_FILENO) == 0) {}

  // False: no more is wanted, or nobody reads what is printed.
  bool take(std::string_view bytes) {
    input_ += bytes;
    for (auto end = input_.find('\n'); end != std::string::npos; end = input_.find('\n')) {
      const bool goes_on = print(input_.substr(0, end));
      input_.erase(0, end + 1);
      if (!goes_on) return false;
    }
    return std::fflush(stdout) == 0;
  }

 private:
  bool print(const std::string& line) {
    if (line.empty()) return true;  // the process is still there
    const json request = json::parse(line, nullptr, false);
    if (!request.is_object()) return true;
    if (const auto lost = request.find("lost"); lost != request.end()) {
      std::fprintf(stderr, "outrigger: %s requests were not shown: too slow for them\n", lost->dump().c_str());
      return true;
    }
    std::printf("%s\n", as_json_ ? line.c_str() : line_of(request, paint_).c_str());
    return std::fflush(stdout) == 0 && (left_ == 0 || --left_ > 0);
  }

  std::uint64_t left_;  // 0: without an end
  const bool as_json_;
  const Paint paint_{base::has_colour(STDOUT_FILENO)};
  std::string input_;
};

int tap(const TapOptions& options) {
  std::signal(SIGINT, [](int) { ::_exit(0); });  // lines go out one by one: nothing is left to be said
  std::signal(SIGPIPE, SIG_IGN);
  Printer printer(options);
  const auto answer = stream_admin(options.admin, "/api/tap" + query_of(options),
                                   [&printer](std::string_view bytes) { return printer.take(bytes); });
  if (!answer) return complain(answer.error());
  if (answer->status == 200) return 0;
  const json refused = json::parse(answer->body, nullptr, false);
  complain(refused.is_object() ? refused.value("error", answer->body) : answer->body);
  return answer->status == 400 ? kUsageError : kFailure;
}

}  // namespace

void add_tap(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<TapOptions>();
  CLI::App* command = app.add_subcommand("tap", "Shows requests as they end, live; JSON lines where it is no terminal");
  options->admin.add_options(*command);
  command->add_option("--status", options->status, "Only these: 5xx, or 404,500-503");
  command->add_option("--path", options->path, "Only below this path, by whole segments");
  command->add_option("--host", options->host, "Only of this host");
  command->add_option("--failure", options->failure, "Only with this failure (a token of the access log), or any");
  command->add_option("--slower-than", options->slower_than, "Only what took longer: 500ms");
  command->add_option("--route", options->route, "Only of this route");
  command->add_option("--upstream", options->upstream, "Only of this upstream");
  command->add_option("--kind", options->kind, "Only what failed, was refused, slow or sampled: failed");
  command->add_option("--count", options->count, "Ends after so many");
  command->add_flag("--json", options->as_json, "JSON lines on a terminal too");
  command->footer(
      "Ends on Ctrl-C. Who reads too slowly loses lines and is told how many.\nExample:\n  outrigger tap -c "
      "outrigger.yaml --status 5xx --path /api");
  command->callback([options, &exit_code] { exit_code = tap(*options); });
}

}  // namespace outrigger::cli
