#include "proxy/downstream/server_connection.h"

#include <sys/socket.h>

#include "http/h1/request_parser.h"
#include "outrigger/process_log.h"
#include "proxy/downstream/h2_connection.h"

namespace outrigger::proxy {

namespace {

using net::IoResult;
using namespace std::chrono_literals;

constexpr Duration kHandshakeLimit = 10s;  // of a listener that is gone
constexpr Duration kLingerIdle = 2s;       // without a byte from a client that was answered early
constexpr Duration kLingerLimit = 15s;     // however much it still sends
constexpr std::uint32_t kRequestsPerTurn = 32;
constexpr int kLingerReads = 32;                              // a turn: 1 MiB
constexpr std::string_view kExpiredList = "CRL has expired";  // OpenSSL's words

}  // namespace

void ServerConnection::begin(ConnectionContext& context, ListenerPlace& place,
                             std::unique_ptr<net::Transport> transport, const net::Address& peer,
                             ConnectionPermit permit) {
  auto* connection = new ServerConnection(context, place, std::move(transport), peer, std::move(permit));
  if (connection->transport_->is_tls()) {
    connection->state_ = State::handshake;
    const auto* listener = place.now;
    const bool has_limit = listener != nullptr && listener->settings.tls;
    context.loop.set_deadline(*connection, has_limit ? listener->settings.tls->handshake_timeout : kHandshakeLimit);
    connection->shake_hands();
  } else {
    connection->read_request();
  }
}

ServerConnection::ServerConnection(ConnectionContext& context, ListenerPlace& place,
                                   std::unique_ptr<net::Transport> transport, const net::Address& peer,
                                   ConnectionPermit permit)
    : ClientConnection(context),
      ServedExchange(context, answer_),
      place_(place),
      permit_(std::move(permit)),
      transport_(std::move(transport)),
      answer_(*transport_),
      peer_ip_(peer.ip()),
      turn_(kRequestsPerTurn) {
  if (place.now == nullptr) return;
  place.now->stats.connections.add();
  permit_.count_in(place.now->stats.open_connections);
}

ServerConnection::~ServerConnection() { abandon(); }

void ServerConnection::destroy() {
  if (exchange() != nullptr && state_ == State::running) cancel(Failure::draining);
  close();
  delete this;
}

void ServerConnection::drain() {
  answer_.give_up_connection();
  if (state_ != State::reading || !is_idle()) return;
  is_new_ = false;
  read_request();  // the kernel may have one; else this closes
}

// RFC 9112 section 2.2: some clients send an empty line behind a request, which is no beginning of the next one.
bool ServerConnection::is_idle() const { return input_.unread().empty() || input_.unread() == "\r\n"; }

void ServerConnection::wake() {
  transport_->watch().wait_readable(this);
  switch (state_) {
    case State::handshake:
      return shake_hands();
    case State::reading:
      return read_request();
    case State::running:
      if (body_ != nullptr && body_->is_awaited()) return body_->take_waiter()->wake();
      return check_abort();
    case State::lingering:
      return drain_lingering();
    case State::closed:
      return;
  }
}

void ServerConnection::expired() {
  if (state_ == State::running) return transport_->watch().wait_readable(this);
  if (state_ == State::reading && !is_idle()) {
    if (deadline_is_head_) return reject(Failure::request_head_timeout);
    return read_request();  // it was the next turn
  }
  if (state_ == State::handshake) return fail_handshake("it took longer than tls.handshake_timeout");
  if (state_ == State::lingering && std::exchange(linger_goes_on_, false)) return drain_lingering();
  close();
}

void ServerConnection::shake_hands() {
  const IoResult result = transport_->shake_hands(*this);
  if (result.state == IoResult::State::would_block) return;
  if (result.state != IoResult::State::ok) return fail_handshake(transport_->error_text());
  permit_.end_handshake();
  Deadline::clear();
  if (transport_->protocol() == "h2") return hand_over();
  read_request();
}

// Is what came the preface of HTTP/2, or the beginning of it? RFC 9113 section 3.4.
bool ServerConnection::is_preface() {
  const std::string_view begun = input_.unread().substr(0, http::h2::kPreface.size());
  may_be_http2_ = may_be_http2_ && !transport_->is_tls() && http::h2::kPreface.starts_with(begun);
  return may_be_http2_;
}

void ServerConnection::hand_over() {
  Deadline::clear();
  transport_->watch().wait_readable(nullptr);
  H2Connection::begin(context_, place_, {std::move(transport_), std::move(permit_), std::move(peer_ip_)},
                      input_.unread());
  state_ = State::closed;
  context_.loop.defer(*this);
}

void ServerConnection::fail_handshake(std::string_view why) {
  if (place_.now != nullptr) place_.now->stats.handshake_failures.add();
  const bool is_ours = why == kExpiredList;  // no client can pass: an operator should look
  log(is_ours ? LogLevel::warn : LogLevel::debug, "TLS handshake failed",
      {{"listener", place_.name}, {"client", peer_ip_}, {"why", why}});
  close();
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

// True when the connection went on to something else than reading.
bool ServerConnection::parse_request() {
  using Status = http::h1::HeadResult::Status;
  if (may_be_http2_ && is_preface()) {
    const bool is_whole = input_.unread().size() >= http::h2::kPreface.size();
    if (is_whole) hand_over();
    return is_whole;
  }
  if (!make_exchange(place_, transport_->client_certificate())) {
    close();
    return true;
  }
  RequestHead& head = exchange()->request();
  const auto result = http::h1::parse_request_head(input_.unread(), scanned_, head_limits(listener().settings),
                                                   path_policy(listener().settings), head);
  if (result.status == Status::need_more) {
    abandon();
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
  const std::string_view why = context_.refusal(place_, transport_->fd());
  if (why.empty()) {
    start_exchange();
  } else {
    reject(Failure::overloaded, why);
  }
  return true;
}

// One deadline for the whole head, however slowly it trickles; none but keep_alive before its first byte.
void ServerConnection::wait_for_request() {
  if (place_.now == nullptr || (context_.draining && is_idle() && !is_new_)) return close();
  const Limits& limits = place_.now->limits;
  if (!is_idle()) {
    const std::string_view why = context_.refusal(place_, transport_->fd());
    if (!why.empty()) return reject(Failure::overloaded, why);
  }
  if (is_idle()) {
    if (input_.unread().empty()) input_.release();
    deadline_is_head_ = false;
    context_.loop.set_deadline(*this, context_.draining ? limits.request_head : limits.keep_alive);
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
  if (!is_idle() && turn_.use(context_.loop, 1)) {
    state_ = State::reading;
    deadline_is_head_ = false;
    return context_.loop.set_deadline(*this, Duration::zero());
  }
  read_request();
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
  if (was_cut() && answer_.ends_with_connection()) {
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
