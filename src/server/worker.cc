#include "server/worker.h"

#include <algorithm>

#include "outrigger/stats.h"
#include "server/health_pages.h"

namespace outrigger::server {

namespace {

// By whatever listener.
bool is_served(const Snapshot& snapshot, const ListenSockets& sockets) {
  return std::ranges::any_of(snapshot.sockets, [&](const auto& entry) { return entry.second.get() == &sockets; });
}

}  // namespace

Worker::Worker(std::size_t index, KeyedStore& store)
    : index_(index), store_(store), failures_(proxy::FailureStats::registered()), context_(loop_, failures_) {}

Worker::~Worker() = default;

void Worker::start(std::shared_ptr<const Snapshot> snapshot) {
  adopt(std::move(snapshot));
  thread_ = std::thread([this] { run(); });
}

void Worker::run() {
  stats::set_worker(index_);
  loop_.run();
  acceptors_.clear();
  context_.connections.for_each([](proxy::ClientConnection& connection) { connection.destroy(); });
  loop_.end_event();
  context_.adopt(std::make_shared<proxy::LiveConfig>());
  loop_.end_event();
}

void Worker::adopt(std::shared_ptr<const Snapshot> snapshot) {
  loop_.post([this, snapshot = std::move(snapshot)] { apply(snapshot); });
}

void Worker::apply(const std::shared_ptr<const Snapshot>& snapshot) {
  context_.overload.apply(snapshot->settings.limits);
  apply_records(snapshot->settings);
  const auto make_front = [&](const config::Listener& listener) {
    return make_health_pages(*snapshot->adapters, listener);
  };
  const proxy::LiveParts parts{loop_, store_, snapshot->upstream_tls, make_front};
  context_.adopt(proxy::build_live(snapshot->settings, parts, context_.live.get()));
  if (context_.draining) return;
  for (auto it = acceptors_.begin(); it != acceptors_.end();) {
    const auto kept = snapshot->sockets.find(it->first);
    const bool keeps = kept != snapshot->sockets.end() && kept->second == it->second->sockets();
    if (!keeps && !is_served(*snapshot, *it->second->sockets())) it->second->accept_queued();
    it = keeps ? std::next(it) : acceptors_.erase(it);
  }
  for (const auto& [name, sockets] : snapshot->sockets) {
    const auto found = snapshot->certificates.find(name);
    auto certificate = found == snapshot->certificates.end() ? nullptr : found->second;
    auto& acceptor = acceptors_[name];
    if (acceptor) {
      acceptor->set_certificate(std::move(certificate));
    } else {
      acceptor = std::make_unique<Acceptor>(context_, name, sockets, index_ - 1, std::move(certificate), &balance_);
    }
  }
  snapshot_ = snapshot;
}

// Kept for who can ask: without the admin API nobody can.
void Worker::apply_records(const config::Settings& settings) {
  if (!settings.admin) {
    context_.recorder.reset();
  } else if (context_.recorder) {
    context_.recorder->apply(settings.admin->requests);
  } else {
    context_.recorder = std::make_unique<proxy::Recorder>(settings.admin->requests);
  }
}

void Worker::take(Accepted accepted, const std::string& listener, std::shared_ptr<net::tls::ServerContext> certificate,
                  Worker* from) {
  coming_.fetch_add(1, std::memory_order_relaxed);
  auto shared = std::make_shared<Accepted>(std::move(accepted));  // a function must be copyable
  loop_.post([this, shared = std::move(shared), listener, certificate = std::move(certificate), from] {
    coming_.fetch_sub(1, std::memory_order_relaxed);
    proxy::ListenerPlace& place = context_.place(listener);
    if (place.now == nullptr && from != nullptr) return from->take(std::move(*shared), listener, certificate, nullptr);
    std::move(*shared).begin(context_, place, certificate);
  });
}

void Worker::let_go() {
  loop_.post([this] { context_.keeps_clients = false; });
}

void Worker::drain() {
  loop_.post([this] {
    context_.keeps_clients = false;
    for (auto& [name, acceptor] : acceptors_) acceptor->accept_queued();
    acceptors_.clear();
    context_.draining = true;
    context_.connections.for_each([](proxy::ClientConnection& connection) { connection.drain(); });
  });
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  loop_.stop();
  thread_.join();
}

}  // namespace outrigger::server
