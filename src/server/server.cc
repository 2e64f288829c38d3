#include "server/server.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "base/memory_budget.h"
#include "outrigger/background.h"
#include "outrigger/line_log.h"
#include "server/admin/admin_api.h"
#include "server/admin/status_pages.h"
#include "server/memory_limit.h"
#include "server/privileges.h"
#include "server/process_metrics.h"

namespace outrigger::server {

namespace {

using namespace std::chrono_literals;

constexpr Duration kLastLines = 1s;  // for the process log at the end

void print(const LoadReport& report) {
  const bool color = ::isatty(STDERR_FILENO) != 0;
  for (const config::Diagnostic& diagnostic : report.diagnostics) {
    std::fprintf(stderr, "%s\n", config::render(diagnostic, color).c_str());
  }
}

sigset_t handled_signals() {
  sigset_t mask;
  sigemptyset(&mask);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&mask, signal);
  return mask;
}

}  // namespace

// Signals as events of the main loop.
class Server::SignalWatch final : private Wakeable {
 public:
  explicit SignalWatch(Server& server) : server_(server), watch_(server.loop_) {
    const sigset_t mask = handled_signals();
    watch_.set_fd(::signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC));
    watch_.wait_readable(this);
  }
  ~SignalWatch() {
    watch_.close();
    ::close(watch_.fd());
  }

 private:
  void wake() override {
    signalfd_siginfo info{};
    while (::read(watch_.fd(), &info, sizeof info) == sizeof info) server_.on_signal(static_cast<int>(info.ssi_signo));
    watch_.wait_readable(this);
  }
  Server& server_;
  FdWatch watch_;
};

Server::Server(Options options, config::FilterCatalog catalog)
    : options_(std::move(options)),
      catalog_(catalog),
      started_(std::chrono::system_clock::now()),
      lifecycle_(loop_, {.stop_accepting =
                             [this] {
                               for (auto& worker : workers_) worker->drain();
                             },
                         .open_connections =
                             [this] {
                               std::size_t open = 0;
                               for (auto& worker : workers_) open += worker->connections();
                               return open;
                             },
                         .end = [this] { loop_.stop(); }}) {
  if (options_.workers == 0) options_.workers = default_workers();
  options_.workers = std::min(options_.workers, stats::kMaxWorkers);
}

Server::~Server() {
  for (auto& worker : workers_) worker->stop();
}

bool Server::start() {
  const sigset_t mask = handled_signals();
  ::pthread_sigmask(SIG_BLOCK, &mask, nullptr);  // before any thread: they all inherit it
  ::signal(SIGPIPE, SIG_IGN);
  harden_process();
  reloader_ =
      std::make_unique<Reloader>(loop_, options_.source, catalog_, options_.workers,
                                 [this](std::shared_ptr<const Snapshot> snapshot) { adopt(std::move(snapshot)); });
  const LoadReport& report = reloader_->reload();
  print(report);
  if (!start_error_.empty()) std::fprintf(stderr, "outrigger: %s\n", start_error_.c_str());
  return report.ok && start_error_.empty();
}

void Server::adopt(std::shared_ptr<const Snapshot> snapshot) {
  const bool is_first = !snapshot_;
  snapshot_ = std::move(snapshot);
  if (is_first) {
    process_log_ = std::make_unique<ProcessLog>(snapshot_->settings.logging);
    start_error_ = drop_privileges(snapshot_->settings.user);
    if (!start_error_.empty()) return;
    signals_ = std::make_unique<SignalWatch>(*this);
    for (std::size_t i = 1; i <= options_.workers; ++i) workers_.push_back(std::make_unique<Worker>(i, store_));
    for (auto& worker : workers_) worker->set_workers(workers_);
    for (auto& worker : workers_) worker->start(snapshot_);
    status_ = std::make_unique<LocalService>(loop_, "status", std::make_unique<StatusPages>(*this));
    admin_ = std::make_unique<LocalService>(loop_, "admin", std::make_unique<AdminApi>(*this));
  } else {
    process_log_->apply(snapshot_->settings.logging);
    for (auto& worker : workers_) worker->adopt(snapshot_);
  }
  MemoryBudget::set_limit(memory_limit(snapshot_->settings.limits));
  publish_metrics(*snapshot_);
  status_->listen(snapshot_->status);
  admin_->listen(snapshot_->admin);
}

int Server::run() {
  for (const config::Listener& listener : snapshot_->settings.listeners) {
    log(LogLevel::info, "listening",
        {{"listener", listener.name}, {"address", listener.address}, {"tls", listener.tls ? "true" : "false"}});
  }
  log(LogLevel::info, "started",
      {{"version", OUTRIGGER_VERSION}, {"file", options_.source.file}, {"workers", std::to_string(workers_.size())}});
  loop_.run();
  signals_.reset();
  for (auto& worker : workers_) worker->stop();
  stop_background();
  close_logs();
  log(LogLevel::info, "stopped");
  if (!process_log_->flush(kLastLines)) std::_Exit(0);  // stderr takes nothing, and waiting for it would never end
  return 0;
}

void Server::on_signal(int signal) {
  switch (signal) {
    case SIGHUP:
      reloader_->reload();
      break;
    case SIGUSR1:
      reopen_logs();
      break;
    case SIGTERM:
    case SIGINT:
      lifecycle_.terminate(snapshot_->settings.shutdown, signal == SIGINT);
      break;
    default:
      break;
  }
}

}  // namespace outrigger::server
