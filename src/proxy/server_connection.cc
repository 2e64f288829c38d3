#include "proxy/server_connection.h"

#include <sys/socket.h>

#include "http/h1/request_parser.h"

namespace outrigger::proxy {

namespace {

using net::IoResult;
using namespace std::chrono_literals;

constexpr Duration kHandshakeLimit = 10s;
constexpr Duration kLingerIdle = 2s;    // without a byte from a client that was answered early
constexpr Duration kLingerLimit = 15s;  // however much it still sends
constexpr std::size_t kRequestsPerTurn = 32;
constexpr int kLingerReads = 32;  // a turn: 1 MiB

}  // namespace

ConnectionContext::ConnectionContext(EventLoop& event_loop, FailureStats& failure_stats)
    : loop(event_loop),
      failures(failure_stats),
      overload(event_loop),
      accept_pauses(
          stats::counter("outrigger_accept_pauses_total", "Pauses in accepting connections because of overload.")) {}

void ConnectionContext::adopt(std::shared_ptr<LiveConfig> config) {
  live = std::move(config);
  for (auto& [name, place] : places) {
    const auto found = live->listeners.find(name);
    place.now = found == live->listeners.end() ? nullptr : &found->second;
  }
}

ListenerPlace& ConnectionContext::place(std::string_view name) {
  const auto [found, is_new] = places.try_emplace(std::string(name));
  ListenerPlace& place = found->second;
  if (is_new) {
    place.name = name;
    const auto listener = live->listeners.find(name);
    if (listener != live->listeners.end()) place.now = &listener->second;
  }
  return place;
}

void ServerConnection::begin(ConnectionContext& context, ListenerPlace& place,
                             std::unique_ptr<net::Transport> transport, const net::Address& peer,
                             ConnectionPermit permit) {
  auto* connection = new ServerConnection(context, place, std::move(transport), peer, std::move(permit));
  if (connection->transport_->is_tls()) {
    connection->state_ = State::handshake;
    context.loop.set_deadline(*connection, kHandshakeLimit);
    connection->shake_hands();
  } else {
    connection->read_request();
  }
}

ServerConnection::ServerConnection(ConnectionContext& context, ListenerPlace& place,
                                   std::unique_ptr<net::Transport> transport, const net::Address& peer,
                                   ConnectionPermit permit)
    : context_(context),
      place_(place),
      permit_(std::move(permit)),
      transport_(std::move(transport)),
      peer_ip_(peer.ip()),
      turn_(kRequestsPerTurn) {
  context_.connections.push_back(*this);
  context_.open.store(context_.open.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  if (place.now == nullptr) return;
  place.now->stats.connections.add();
  open_ = place.now->stats.open_connections;
  open_.add(1);
}

ServerConnection::~ServerConnection() {
  root_.reset();
  context_.open.store(context_.open.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  open_.add(-1);
}

void ServerConnection::destroy() {
  if (exchange_ && state_ == State::running) cancel(Failure::draining);
  close();
  delete this;
}

void ServerConnection::drain() {
  keep_alive_ = false;
  if (state_ == State::reading && input_.unread().empty()) close();
}

void ServerConnection::wake() {
  transport_->watch().wait_readable(this);
  switch (state_) {
    case State::handshake:
      return shake_hands();
    case State::reading:
      return read_request();
    case State::running:
      if (body_waiter_ != nullptr) return std::exchange(body_waiter_, nullptr)->wake();
      return check_abort();
    case State::lingering:
      return drain_lingering();
    case State::closed:
      return;
  }
}

void ServerConnection::expired() {
  if (state_ == State::running) return transport_->watch().wait_readable(this);
  if (state_ == State::reading && !input_.unread().empty()) {
    if (deadline_is_head_) return reject(Failure::request_head_timeout);
    return read_request();  // it was the next turn
  }
  if (state_ == State::lingering && std::exchange(linger_goes_on_, false)) return drain_lingering();
  close();
}

void ServerConnection::shake_hands() {
  const IoResult result = transport_->handshake();
  if (result.state == IoResult::State::would_block) {
    transport_->watch().wait_readable(this);
    transport_->watch().wait_writable(this);
    return;
  }
  transport_->watch().wait_writable(nullptr);
  if (result.state != IoResult::State::ok) return close();
  Deadline::clear();
  read_request();
}

void ServerConnection::read_request() {
  state_ = State::reading;
  for (;;) {
    if (!input_.unread().empty() && parse_request()) return;
    const IoResult result = input_.fill_head(*transport_);
    if (result.state == IoResult::State::would_block) return wait_for_request();
    if (result.state != IoResult::State::ok) return close();
  }
}

// False, and the connection closes, when the listener is no longer there.
bool ServerConnection::make_exchange() {
  if (place_.now == nullptr) {
    close();
    return false;
  }
  listener_ = place_.now;
  exchange_ = std::make_unique<ActiveExchange>(context_.loop, *transport_, context_.live, *listener_,
                                               static_cast<ActiveExchange::Owner&>(*this));
  return true;
}

// True when the connection went on to something else than reading.
bool ServerConnection::parse_request() {
  using Status = http::h1::HeadResult::Status;
  if (!make_exchange()) return true;
  RequestHead& head = exchange_->request();
  const auto result = http::h1::parse_request_head(input_.unread(), scanned_, head_limits(listener_->settings),
                                                   path_policy(listener_->settings), head);
  if (result.status == Status::need_more) {
    exchange_.reset();
    if (!input_.is_full()) return false;
    reject(Failure::head_too_large);
    return true;
  }
  scanned_ = 0;
  if (result.status == Status::failed) {
    reject(result.failure, result.reason);
    return true;
  }
  input_.consume(result.consumed);
  const std::string_view why = refusal();
  if (why.empty()) {
    start_exchange();
  } else {
    reject(Failure::overloaded, why);
  }
  return true;
}

std::string_view ServerConnection::refusal() const {
  return place_.now->sheds_load ? context_.overload.refusal(transport_->fd()) : std::string_view{};
}

// One deadline for the whole head, however slowly it trickles; none but keep_alive before its first byte.
void ServerConnection::wait_for_request() {
  if (place_.now == nullptr || (context_.draining && input_.unread().empty())) return close();
  const Limits& limits = place_.now->limits;
  if (!input_.unread().empty()) {
    const std::string_view why = refusal();
    if (!why.empty()) return reject(Failure::overloaded, why);
  }
  if (input_.unread().empty()) {
    input_.release();
    deadline_is_head_ = false;
    context_.loop.set_deadline(*this, limits.keep_alive);
  } else if (!deadline_is_head_) {
    deadline_is_head_ = true;
    context_.loop.set_deadline(*this, limits.request_head);
  }
  transport_->watch().wait_readable(this);
}

// A client that sends requests faster than we answer them shares the worker with the others.
void ServerConnection::next_request() {
  input_.recycle();
  transport_->settle();
  if (!input_.unread().empty() && turn_.use(context_.loop, 1)) {
    state_ = State::reading;
    deadline_is_head_ = false;
    return context_.loop.set_deadline(*this, Duration::zero());
  }
  read_request();
}

// A client that said close, and has sent all it had, sends nothing more: then there is nothing to linger for.
void ServerConnection::end_connection(bool client_closes) {
  if (!client_closes) return linger();
  if (transport_->is_tls()) transport_->shutdown_write();
  close();
}

// Closing while the client still sends would reset the connection and lose the answer (RFC 9112 section 9.6): say FIN,
// then read and drop for a while.
void ServerConnection::linger() {
  state_ = State::lingering;
  input_.release();
  transport_->shutdown_write();
  linger_until_ = context_.loop.now() + kLingerLimit;
  transport_->watch().wait_readable(this);
  drain_lingering();
}

void ServerConnection::drain_lingering() {
  for (int reads = 0; reads < kLingerReads; ++reads) {
    input_.release();
    const IoResult result = input_.fill_head(*transport_);
    if (result.state == IoResult::State::would_block) {
      input_.release();
      return context_.loop.set_deadline(*this, kLingerIdle);
    }
    if (result.state != IoResult::State::ok || context_.loop.now() >= linger_until_) return close();
  }
  linger_goes_on_ = true;
  context_.loop.set_deadline(*this, Duration::zero());
}

void ServerConnection::close() {
  if (state_ == State::closed) return;
  if (outcome_.cut && reset_on_close_) {
    const struct linger now{1, 0};
    ::setsockopt(transport_->fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  } else if (state_ == State::reading && transport_->is_tls()) {
    transport_->shutdown_write();  // RFC 8446 section 6.1: an idle connection ends with close_notify
  }
  state_ = State::closed;
  Deadline::clear();
  transport_->watch().close();
  context_.loop.defer(*this);
}

}  // namespace outrigger::proxy
