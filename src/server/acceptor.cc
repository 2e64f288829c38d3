#include "server/acceptor.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "server/worker.h"

namespace outrigger::server {

namespace {

using namespace std::chrono_literals;

constexpr int kAcceptsPerEvent = 64;      // then others get their turn
constexpr int kAcceptsAtEnd = 4096;       // the largest backlog
constexpr Duration kAcceptPause = 100ms;  // when descriptors ran out

// One RST, so that those who come too often leave nothing behind here, not even TIME_WAIT.
void reset(int fd) {
  const linger at_once{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(fd);
}

}  // namespace

Acceptor::Acceptor(proxy::ConnectionContext& context, const std::string& name, std::shared_ptr<ListenSockets> sockets,
                   std::size_t index, std::shared_ptr<net::tls::ServerContext> certificate, ConnectionBalance* balance)
    : context_(context),
      place_(context.place(name)),
      sockets_(std::move(sockets)),
      certificate_(std::move(certificate)),
      balance_(balance),
      watch_(context.loop),
      pause_(context.loop, [this] { wake(); }) {
  watch_.set_fd(sockets_->of(index));
  pause_.start(Duration::zero());
}

void Acceptor::wake() {
  for (int i = 0; i < kAcceptsPerEvent; ++i) {
    if (!accept_one()) return watch_.wait_readable(this);
  }
  pause_.start(Duration::zero());  // edge-triggered: what is left must not be forgotten
  watch_.wait_readable(this);
}

void Acceptor::accept_queued() {
  for (int i = 0; i < kAcceptsAtEnd && accept_one(); ++i) {
  }
}

// The kernel keeps those who come while a limit is reached or the process is overloaded; the end of that is noticed at
// the next look. A handshake costs a hundred times what a request does, so it has a limit of its own.
std::optional<proxy::ConnectionPermit> Acceptor::take_places() {
  const proxy::LiveListener* listener = place_.now;
  if (listener == nullptr) return proxy::ConnectionPermit();
  if (listener->sheds_load && !context_.overload.may_accept()) {
    pause();
    return std::nullopt;
  }
  if (!listener->count->open.take(listener->settings.limits.connections)) {
    listener->stats.limit_pauses.add();
    pause_.start(kAcceptPause);
    return std::nullopt;
  }
  proxy::ConnectionPermit permit(listener->count);
  if (!certificate_) return permit;
  if (!listener->count->handshakes.take(listener->settings.limits.handshakes)) {
    listener->stats.handshake_pauses.add();
    pause_.start(kAcceptPause);
    return std::nullopt;
  }
  permit.begin_handshake();
  return permit;
}

bool Acceptor::accept_one() {
  auto permit = take_places();
  if (!permit) return false;
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  const int fd = ::accept4(watch_.fd(), address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    context_.overload.accepted(fd);
    const net::Address peer(address, length);
    const bool comes_later = place_.now != nullptr && place_.now->settings.proxy_protocol;  // the client's address
    if (comes_later || proxy::take_place_of_client(context_, place_, peer, *permit)) {
      begin(Accepted(fd, peer, std::move(*permit)));
    } else {
      reset(fd);
    }
    return true;
  }
  if (errno == ECONNABORTED || errno == EINTR) return true;
  if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) pause();
  return false;
}

void Acceptor::pause() {
  context_.accept_pauses.add();
  pause_.start(kAcceptPause);
}

void Acceptor::begin(Accepted accepted) {
  const bool may_give = balance_ != nullptr && !context_.draining;
  Worker* const lighter = may_give ? balance_->lighter(context_.loop.now()) : nullptr;
  if (lighter != nullptr) return lighter->take(std::move(accepted), place_.name, certificate_, &balance_->own());
  std::move(accepted).begin(context_, place_, certificate_);
}

}  // namespace outrigger::server
