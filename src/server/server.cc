#include "server/server.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "base/memory_budget.h"
#include "base/text.h"
#include "outrigger/background.h"
#include "outrigger/line_log.h"
#include "server/admin/admin_api.h"
#include "server/admin/status_pages.h"
#include "server/app/app_probes.h"
#include "server/memory_limit.h"
#include "server/privileges.h"
#include "server/process_metrics.h"
#include "server/signals.h"

namespace outrigger::server {

namespace {

using namespace std::chrono_literals;

constexpr Duration kLastLines = 1s;  // for the process log at the end

}  // namespace

// Signals as events of the main loop.
class Server::SignalWatch final : private Wakeable {
 public:
  explicit SignalWatch(Server& server) : server_(server), watch_(server.loop_) {
    const sigset_t mask = handled_signals(server.has_app());
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
      lifecycle_(loop_, {.let_go =
                             [this] {
                               for (auto& worker : workers_) worker->let_go();
                             },
                         .stop_accepting = [this] { stop_accepting(); },
                         .open_connections =
                             [this] {
                               std::size_t open = 0;
                               for (auto& worker : workers_) open += worker->connections();
                               return open;
                             },
                         .end = [this] { end(); }}) {
  if (options_.workers == 0) options_.workers = default_workers();
  options_.workers = std::min(options_.workers, stats::kMaxWorkers);
}

Server::~Server() {
  for (auto& worker : workers_) worker->stop();
  adapters_.stop();
}

bool Server::start() {
  hold_signals(has_app());
  ::signal(SIGPIPE, SIG_IGN);
  harden_process();
  inherited_.take();
  reloader_ = std::make_unique<Reloader>(
      loop_, options_.source, catalog_, SnapshotBuilder(options_.workers, store_, &inherited_),
      Reloader::Hooks{.begins = [this] { manager_.reloading(); },
                      .adopt = [this](std::shared_ptr<const Snapshot> snapshot) { adopt(std::move(snapshot)); },
                      .ended = [this] { manager_.reloaded(status_line()); }});
  const LoadReport& report = reloader_->reload();
  config::print(report.diagnostics);
  if (report.ok && start_error_.empty() && !options_.app.wait_for.empty()) {
    start_error_ = check_app_probe(options_.app.wait_for, snapshot_->settings);
  }
  if (!start_error_.empty()) std::fprintf(stderr, "outrigger: %s\n", start_error_.c_str());
  return report.ok && start_error_.empty();
}

void Server::adopt(std::shared_ptr<const Snapshot> snapshot) {
  const bool is_first = !snapshot_;
  snapshot_ = std::move(snapshot);
  exporter_.set_dns_servers(base::joined(snapshot_->settings.dns.servers, ","));
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
  remote_documents_.follow(snapshot_->settings.dns.servers);
  MemoryBudget::set_limit(memory_limit(snapshot_->settings.limits));
  publish_metrics(*snapshot_);
  adapters_.adopt(snapshot_->adapters);
  status_->listen(snapshot_->status);
  admin_->listen(snapshot_->admin);
  if (lifecycle_.phase() >= Phase::draining) ask_workers([this] { close_listeners(); });
}

int Server::run() {
  for (const config::Listener& listener : snapshot_->settings.listeners) {
    log(LogLevel::info, "listening",
        {{"listener", listener.name}, {"address", listener.address}, {"tls", listener.tls.has_value()}});
  }
  log(LogLevel::info, "started",
      {{"version", OUTRIGGER_VERSION}, {"file", options_.source.file}, {"workers", workers_.size()}});
  for (const std::string& socket : inherited_.unused()) {
    log(LogLevel::warn,
        "a socket that was passed is not served: no listener has its name or address, or another comes first",
        {{"socket", socket}});
  }
  MemoryTrim::forget_start();
  manager_.start_watchdog([this](std::function<void()> all_answered) { ask_workers(std::move(all_answered)); });
  if (start_app()) loop_.run();
  signals_.reset();
  for (auto& worker : workers_) worker->stop();
  adapters_.stop();
  exporter_.finish();
  stop_background();
  close_logs();
  log(LogLevel::info, "stopped");
  if (!process_log_->flush(kLastLines))
    std::_Exit(exit_code_);  // stderr takes nothing, and waiting for it would never end
  return exit_code_;
}

void Server::stop_accepting() {
  for (auto& worker : workers_) worker->drain();
  ask_workers([this] { close_listeners(); });
}

void Server::close_listeners() {
  for (const auto& [name, sockets] : snapshot_->sockets) sockets->close();
}

void Server::ask_workers(std::function<void()> all_answered) {
  auto missing = std::make_shared<std::size_t>(workers_.size());  // used on this thread only
  for (const auto& worker : workers_) {
    worker->post([this, missing, all_answered] {
      loop_.post([missing, all_answered] {
        if (--*missing == 0) all_answered();
      });
    });
  }
}

std::string Server::status_line() const {
  if (lifecycle_.phase() != Phase::serving) return std::string(name_of(lifecycle_.phase()));
  if (const std::string why = not_ready(); !why.empty()) return why;
  const std::string problem = reloader_->report().headline();
  if (!problem.empty()) return "serving with the configuration before: " + problem;
  return "serving with " + options_.source.file;
}

void Server::tell_manager() {
  if (not_ready().empty()) manager_.ready(status_line());
  manager_.status(status_line());
}

bool Server::start_app() {
  if (!has_app()) {
    tell_manager();
    return true;
  }
  app_ = std::make_unique<App>(loop_, options_.app,
                               App::Hooks{.probe =
                                              [this](std::function<void()> is_up) {
                                                return make_app_probe(loop_, options_.app.wait_for, workers_,
                                                                      std::move(is_up));
                                              },
                                          .moved = [this] { tell_manager(); },
                                          .ended = [this](int exit_code) { app_ended(exit_code); }});
  exit_code_ = app_->start().value_or(0);
  return exit_code_ == 0;
}

// The end of the app is the end of the process; what its clients have been promised comes first.
void Server::app_ended(int exit_code) {
  exit_code_ = exit_code;
  if (is_ending_) return loop_.stop();
  if (!lifecycle_.is_terminating()) lifecycle_.terminate(snapshot_->settings.shutdown, true);
}

// Traffic has ended, now the app may; without one, or when it has ended already, the process does.
void Server::end() {
  is_ending_ = true;
  if (!app_ || app_->phase() == AppPhase::ended) return loop_.stop();
  app_->stop(end_signal_);
}

std::string Server::not_ready() const {
  if (!app_ || app_->phase() == AppPhase::up) return {};
  return "the app is " + std::string(name_of(app_->phase()));
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
      end_signal_ = signal;
      manager_.stopping();
      lifecycle_.terminate(snapshot_->settings.shutdown, signal == SIGINT);
      break;
    case SIGCHLD:
      if (app_) app_->on_child_ended();
      break;
    default:
      if (app_) app_->forward(signal);
      break;
  }
}

}  // namespace outrigger::server
