#include "server/worker.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "net/tls/tls_transport.h"
#include "outrigger/stats.h"

namespace outrigger::server {

namespace {

using namespace std::chrono_literals;

constexpr int kAcceptsPerEvent = 64;      // then others get their turn
constexpr Duration kAcceptPause = 100ms;  // when descriptors ran out

}  // namespace

// Accepts for one listener on one worker.
class Worker::Acceptor final : private Wakeable {
 public:
  Acceptor(Worker& worker, std::string name, std::shared_ptr<ListenSockets> sockets,
           std::shared_ptr<net::tls::ServerContext> certificate)
      : worker_(worker),
        name_(std::move(name)),
        sockets_(std::move(sockets)),
        certificate_(std::move(certificate)),
        watch_(worker.loop_),
        pause_(worker.loop_, [this] { wake(); }) {
    watch_.set_fd(sockets_->of(worker.index_ - 1));
    pause_.start(Duration::zero());
  }
  const std::shared_ptr<ListenSockets>& sockets() const { return sockets_; }
  void set_certificate(std::shared_ptr<net::tls::ServerContext> certificate) { certificate_ = std::move(certificate); }

 private:
  void wake() override {
    for (int i = 0; i < kAcceptsPerEvent; ++i) {
      sockaddr_storage storage{};
      socklen_t length = sizeof storage;
      auto* address = reinterpret_cast<sockaddr*>(&storage);
      const int fd = ::accept4(watch_.fd(), address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0) {
        begin(fd, net::Address(address, length));
        continue;
      }
      if (errno == ECONNABORTED || errno == EINTR) continue;
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) pause_.start(kAcceptPause);
      return watch_.wait_readable(this);
    }
    pause_.start(Duration::zero());  // edge-triggered: what is left must not be forgotten
    watch_.wait_readable(this);
  }

  void begin(int fd, const net::Address& peer) {
    std::unique_ptr<net::Transport> transport;
    if (certificate_) {
      transport = net::tls::accept(worker_.loop_, fd, certificate_);
    } else {
      transport = std::make_unique<net::Socket>(worker_.loop_, fd);
    }
    proxy::ServerConnection::begin(*worker_.context_, name_, std::move(transport), peer);
  }

  Worker& worker_;
  std::string name_;
  std::shared_ptr<ListenSockets> sockets_;
  std::shared_ptr<net::tls::ServerContext> certificate_;
  FdWatch watch_;
  Timer pause_;
};

Worker::Worker(std::size_t index, KeyedStore& store) : index_(index), store_(store) {}
Worker::~Worker() = default;

void Worker::start() {
  thread_ = std::thread([this] { run(); });
}

void Worker::run() {
  stats::set_worker(index_);
  context_ = std::make_unique<proxy::ConnectionContext>(loop_, std::make_shared<proxy::LiveConfig>(), failures_);
  census_ = std::make_unique<Timer>(loop_, [this] {
    open_.store(context_->open, std::memory_order_relaxed);
    census_->start(20ms);
  });
  census_->start(20ms);
  loop_.run();
  acceptors_.clear();
  context_->connections.for_each([](proxy::ServerConnection& connection) { connection.destroy(); });
  loop_.end_event();
  census_.reset();
  context_.reset();
}

void Worker::adopt(std::shared_ptr<const Snapshot> snapshot) {
  loop_.post([this, snapshot = std::move(snapshot)] { apply(snapshot); });
}

void Worker::apply(const std::shared_ptr<const Snapshot>& snapshot) {
  context_->live = proxy::build_live(snapshot->settings, context_->live.get(), store_);
  for (auto it = acceptors_.begin(); it != acceptors_.end();) {
    const auto kept = snapshot->sockets.find(it->first);
    const bool keeps = kept != snapshot->sockets.end() && kept->second == it->second->sockets();
    it = keeps ? std::next(it) : acceptors_.erase(it);
  }
  for (const auto& [name, sockets] : snapshot->sockets) {
    const auto found = snapshot->certificates.find(name);
    auto certificate = found == snapshot->certificates.end() ? nullptr : found->second;
    auto& acceptor = acceptors_[name];
    if (acceptor) {
      acceptor->set_certificate(std::move(certificate));
    } else {
      acceptor = std::make_unique<Acceptor>(*this, name, sockets, std::move(certificate));
    }
  }
  snapshot_ = snapshot;
}

void Worker::drain() {
  loop_.post([this] {
    acceptors_.clear();
    context_->draining = true;
    context_->connections.for_each([](proxy::ServerConnection& connection) { connection.drain(); });
  });
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  loop_.stop();
  thread_.join();
}

}  // namespace outrigger::server
