#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <thread>

#include "adapters/prometheus/text_parser.h"
#include "base/colour.h"
#include "base/units.h"
#include "cli/admin_client.h"
#include "cli/commands.h"
#include "cli/top/page.h"

// The running process at a glance, again and again.
namespace outrigger::cli {

namespace {

using nlohmann::json;

struct TopOptions {
  AdminTarget admin;
  std::string interval = "1s";
  std::uint64_t count = 0;
};

std::expected<Sample, CallError> look(const AdminTarget& target) {
  Sample sample;
  const auto metrics = call_admin(target, "GET", "/api/metrics?own=1");
  if (!metrics) return std::unexpected(metrics.error());
  auto families = adapters::parse_metrics(metrics->body);
  if (!families) return std::unexpected(CallError{"the process answers with no metrics: " + families.error()});
  sample.metrics = Scrape(std::move(*families));
  const std::pair<const char*, json*> calls[] = {{"/api/info", &sample.info},
                                                 {"/api/upstreams", &sample.upstreams},
                                                 {"/api/breakers", &sample.breakers},
                                                 {"/api/caches", &sample.caches}};
  for (const auto& [path, into] : calls) {
    const auto answer = call_admin(target, "GET", path);
    if (!answer) return std::unexpected(answer.error());
    *into = json::parse(answer->body, nullptr, false);
    if (answer->status != 200 || into->is_discarded()) {
      return std::unexpected(CallError{"the process refused: " + answer->body});
    }
  }
  sample.at = std::chrono::steady_clock::now();
  return sample;
}

winsize size_of_terminal() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) size = {24, 80, 0, 0};
  return size;
}

// The cursor is shown again however it ends.
constexpr std::string_view kShowCursor = "\x1b[?25h\n";
void leave(int) {
  if (::write(STDOUT_FILENO, kShowCursor.data(), kShowCursor.size()) < 0) ::_exit(kFailure);
  ::_exit(0);
}

// In place: no line is cleared before its successor is there, so nothing flickers.
void draw(const Sample& before, const Sample& now) {
  const winsize size = size_of_terminal();
  std::string text = "\x1b[?25l\x1b[H";
  for (const std::string& line : page_of(before, now, size.ws_col, size.ws_row > 1 ? size.ws_row - 1 : 1,
                                         Paint(base::has_colour(STDOUT_FILENO)))) {
    text += line + "\x1b[K\n";
  }
  text += "\x1b[J";
  std::fputs(text.c_str(), stdout);
}

void print(const Sample& before, const Sample& now) {
  constexpr std::size_t kAll = 10'000;
  for (const std::string& line : page_of(before, now, kAll, kAll, Paint(false))) std::printf("%s\n", line.c_str());
  std::printf("\n");
}

int top(const TopOptions& options) {
  const auto interval = base::parse_duration(options.interval);
  if (!interval || *interval < std::chrono::milliseconds(100)) {
    complain("--interval: " + (interval ? std::string("at least 100ms") : interval.error()));
    return kUsageError;
  }
  const bool is_terminal = ::isatty(STDOUT_FILENO) != 0;
  std::signal(SIGINT, is_terminal ? &leave : [](int) { ::_exit(0); });
  std::signal(SIGPIPE, SIG_IGN);
  const std::uint64_t count = options.count > 0 || is_terminal ? options.count : 1;
  auto before = look(options.admin);
  if (before && is_terminal) std::fputs("\x1b[2J", stdout);
  for (std::uint64_t made = 0; before && (count == 0 || made < count); ++made) {
    std::this_thread::sleep_for(*interval);
    auto now = look(options.admin);
    if (now) is_terminal ? draw(*before, *now) : print(*before, *now);
    before = std::move(now);
    if (std::fflush(stdout) != 0) return 0;
  }
  if (is_terminal) std::fputs(std::string(kShowCursor).c_str(), stdout);
  return before ? 0 : complain(before.error());
}

}  // namespace

void add_top(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<TopOptions>();
  CLI::App* command = app.add_subcommand(
      "top", "Shows the running process at a glance: rates, latencies, failures, upstreams, caches, memory");
  options->admin.add_options(*command);
  command->add_option("--interval", options->interval, "Between two looks (1s)");
  command->add_option("--count", options->count, "Ends after so many; where it is no terminal one unless you say more");
  command->footer("On a terminal it refreshes in place until Ctrl-C.\nExample:\n  outrigger top -c outrigger.yaml");
  command->callback([options, &exit_code] { exit_code = top(*options); });
}

}  // namespace outrigger::cli
