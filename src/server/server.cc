#include "server/server.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <fstream>

namespace outrigger::server {

namespace {

using namespace std::chrono_literals;

constexpr Duration kDrainCheck = 20ms;

void print_diagnostics(const std::vector<config::Diagnostic>& diagnostics) {
  const bool color = ::isatty(STDERR_FILENO) != 0;
  for (const config::Diagnostic& diagnostic : diagnostics) {
    std::fprintf(stderr, "%s\n", config::render(diagnostic, color).c_str());
  }
}

}  // namespace

ListenSockets::~ListenSockets() {
  for (const int fd : sockets_) ::close(fd);
}

std::size_t default_workers() {
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  std::ifstream v2("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (v2 >> quota >> period && quota != "max" && period > 0) {
    const double share = std::ceil(std::stod(quota) / period);
    return std::clamp<std::size_t>(static_cast<std::size_t>(share), 1, cores);
  }
  return std::min<std::size_t>(4, cores);
}

Server::Server(Options options, config::FilterCatalog catalog) : options_(std::move(options)), catalog_(catalog) {
  if (options_.workers == 0) options_.workers = default_workers();
  options_.workers = std::min(options_.workers, stats::kMaxWorkers);
}

Server::~Server() {
  for (auto& worker : workers_) worker->stop();
  signals_.reset();
  if (signal_fd_ >= 0) ::close(signal_fd_);
}

bool Server::start() {
  sigset_t mask;
  sigemptyset(&mask);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&mask, signal);
  ::pthread_sigmask(SIG_BLOCK, &mask, nullptr);  // before any thread: they all inherit it
  ::signal(SIGPIPE, SIG_IGN);
  std::vector<std::string> errors;
  snapshot_ = build(config::load_file(options_.file, catalog_), errors);
  for (const std::string& error : errors) std::fprintf(stderr, "outrigger: %s\n", error.c_str());
  if (!snapshot_) return false;
  signal_fd_ = ::signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
  for (std::size_t i = 1; i <= options_.workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(i, store_));
    workers_.back()->adopt(snapshot_);
    workers_.back()->start();
  }
  return true;
}

std::shared_ptr<const Snapshot> Server::build(config::LoadResult loaded, std::vector<std::string>& errors) {
  print_diagnostics(loaded.diagnostics);
  if (!loaded.settings) return nullptr;
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->settings = std::move(*loaded.settings);
  for (const config::Listener& listener : snapshot->settings.listeners) {
    if (auto sockets = bind(listener, errors)) snapshot->sockets[listener.name] = std::move(sockets);
    if (!listener.tls) continue;
    auto context = listener.tls->self_signed ? net::tls::ServerContext::self_signed({})
                                             : net::tls::ServerContext::load(listener.tls->cert, listener.tls->key);
    if (context) {
      snapshot->certificates[listener.name] = *context;
    } else {
      errors.push_back(context.error());
    }
  }
  return errors.empty() ? snapshot : nullptr;
}

std::shared_ptr<ListenSockets> Server::bind(const config::Listener& listener, std::vector<std::string>& errors) {
  if (snapshot_) {
    const auto kept = snapshot_->sockets.find(listener.name);
    if (kept != snapshot_->sockets.end() && kept->second->address() == listener.address) return kept->second;
  }
  const auto address = net::Address::parse(listener.address);
  if (!address) {
    errors.push_back(address.error());
    return nullptr;
  }
  // Without SO_REUSEPORT first: with it, two processes would share a port and nobody would be told.
  auto probe = net::listen_on(*address, false);
  if (!probe) {
    errors.push_back(probe.error());
    return nullptr;
  }
  if (address->is_unix()) return std::make_shared<ListenSockets>(listener.address, std::vector{*probe});
  ::close(*probe);
  std::vector<int> sockets;
  for (std::size_t i = 0; i < options_.workers; ++i) {
    auto socket = net::listen_on(*address, true);
    if (!socket) {
      errors.push_back(socket.error());
      break;
    }
    sockets.push_back(*socket);
  }
  auto made = std::make_shared<ListenSockets>(listener.address, sockets);
  return sockets.size() == options_.workers ? made : nullptr;
}

int Server::run() {
  class OnSignal final : public Wakeable {
   public:
    explicit OnSignal(Server& server) : server_(server) {}
    void wake() override {
      signalfd_siginfo info{};
      while (::read(server_.signal_fd_, &info, sizeof info) == sizeof info) {
        server_.on_signal(static_cast<int>(info.ssi_signo));
      }
      server_.signals_->wait_readable(this);
    }

   private:
    Server& server_;
  } on_signal(*this);
  signals_ = std::make_unique<FdWatch>(loop_);
  signals_->set_fd(signal_fd_);
  signals_->wait_readable(&on_signal);
  loop_.run();
  signals_.reset();
  for (auto& worker : workers_) worker->stop();
  return 0;
}

bool Server::reload() {
  std::vector<std::string> errors;
  auto next = build(config::load_file(options_.file, catalog_), errors);
  for (const std::string& error : errors) std::fprintf(stderr, "outrigger: %s\n", error.c_str());
  if (!next) {
    std::fprintf(stderr, "outrigger: reload refused, the running configuration stays\n");
    return false;
  }
  snapshot_ = std::move(next);
  for (auto& worker : workers_) worker->adopt(snapshot_);
  std::fprintf(stderr, "outrigger: reloaded %s\n", options_.file.c_str());
  return true;
}

void Server::on_signal(int signal) {
  switch (signal) {
    case SIGHUP:
      reload();
      break;
    case SIGTERM:
    case SIGINT:
      if (draining_) return loop_.stop();  // the second one: now
      begin_drain(signal == SIGINT);
      break;
    default:
      break;
  }
}

void Server::begin_drain(bool at_once) {
  draining_ = true;
  const config::Shutdown& shutdown = snapshot_->settings.shutdown;
  drain_deadline_ = std::chrono::steady_clock::now() + shutdown.drain;
  auto begin = [this] {
    for (auto& worker : workers_) worker->drain();
    drain_timer_ = std::make_unique<Timer>(loop_, [this] { check_drained(); });
    drain_timer_->start(kDrainCheck * 2);
  };
  if (at_once) return begin();
  drain_timer_ = std::make_unique<Timer>(loop_, [this, begin] { loop_.post(begin); });
  drain_timer_->start(shutdown.not_ready);
}

void Server::check_drained() {
  const auto is_idle = [](const auto& worker) { return worker->open_connections() == 0; };
  if (std::ranges::all_of(workers_, is_idle) || loop_.now() >= drain_deadline_) return loop_.stop();
  drain_timer_->start(kDrainCheck);
}

}  // namespace outrigger::server
