#include "proxy/downstream/tcp_connection.h"

#include <sys/socket.h>

#include "net/tls/client_hello.h"
#include "outrigger/process_log.h"

namespace outrigger::proxy {

using net::IoResult;

void TcpConnection::begin(ConnectionContext& context, ListenerPlace& place, std::unique_ptr<net::Transport> transport,
                          const net::Address& client, ConnectionPermit permit) {
  if (place.now == nullptr) return;
  const LiveListener& listener = *place.now;
  auto* connection = new TcpConnection(context, place, std::move(transport), client, std::move(permit));
  if (connection->transport_->is_tls()) {
    connection->state_ = State::handshake;
    const auto& tls = listener.settings.tls;
    context.loop.set_deadline(*connection, tls ? tls->handshake_timeout : listener.limits.request_head);
    connection->shake_hands();
  } else if (listener.routes_by_name) {
    connection->state_ = State::hello;
    context.loop.set_deadline(*connection, listener.limits.request_head);
    connection->read_hello();
  } else {
    connection->start({});
  }
}

TcpConnection::TcpConnection(ConnectionContext& context, ListenerPlace& place,
                             std::unique_ptr<net::Transport> transport, const net::Address& client,
                             ConnectionPermit permit)
    : ClientConnection(context),
      ServedExchange(context, static_cast<AnswerWire&>(*this)),
      place_(place),
      permit_(std::move(permit)),
      transport_(std::move(transport)),
      peer_ip_(client.ip()) {
  place.now->stats.connections.add();
  permit_.count_in(place.now->stats.open_connections);
}

TcpConnection::~TcpConnection() { abandon(); }

void TcpConnection::drain() {
  if (state_ != State::running) close(false);
}

void TcpConnection::destroy() {
  if (exchange() != nullptr && state_ == State::running) cancel(Failure::draining);
  close(false);
  delete this;
}

// While nobody takes what the client sends: it may have left.
void TcpConnection::wake() {
  if (state_ == State::handshake) return shake_hands();
  if (state_ == State::hello) return read_hello();
  if (state_ != State::running || body_ != nullptr) return;
  if (transport_->peer_end() == net::PeerEnd::both) return cancel(Failure::client_gone);
  transport_->watch().wait_readable(this);
}

void TcpConnection::expired() {
  if (state_ == State::handshake) return fail_handshake("it took longer than tls.handshake_timeout");
  refuse_client(Failure::client_hello_timeout, {});
}

void TcpConnection::shake_hands() {
  const IoResult result = transport_->shake_hands(*this);
  if (result.state == IoResult::State::would_block) return;
  if (result.state != IoResult::State::ok) return fail_handshake(transport_->error_text());
  permit_.end_handshake();
  start(transport_->asked_name());
}

void TcpConnection::fail_handshake(std::string_view why) {
  if (place_.now != nullptr) place_.now->stats.handshake_failures.add();
  log(LogLevel::debug, "TLS handshake failed", {{"listener", place_.name}, {"client", peer_ip_}, {"why", why}});
  close(false);
}

// The bytes stay where they are: they are the tunnel's first.
void TcpConnection::read_hello() {
  using Status = net::tls::ClientHello::Status;
  for (;;) {
    const auto hello = net::tls::parse_client_hello(input_.unread());
    if (hello.status == Status::complete) return start(hello.server_name);
    if (hello.status == Status::failed) return refuse_client(Failure::bad_client_hello, hello.reason);
    const IoResult result = input_.fill_head(*transport_);
    if (result.state == IoResult::State::would_block) return transport_->watch().wait_readable(this);
    if (result.state != IoResult::State::ok) return refuse_client(Failure::client_gone, {});
  }
}

bool TcpConnection::prepare(std::string_view server_name) {
  Deadline::clear();
  state_ = State::running;
  if (!make_exchange(place_, transport_->client_certificate())) return false;
  exchange()->set_tcp();
  RequestHead& request = exchange()->request();
  request.method_token = "CONNECT";
  request.method = Method::connect;
  request.authority = exchange()->arena().copy(server_name);
  return true;
}

void TcpConnection::start(std::string_view server_name) {
  if (!prepare(server_name)) return close(false);
  const std::string_view why = context_.refusal(place_, transport_->fd());
  if (!why.empty()) return refuse(peer_ip_, scheme(), Failure::overloaded, why, false);
  transport_->watch().wait_readable(this);
  serve(peer_ip_, scheme(), nullptr);
}

void TcpConnection::refuse_client(Failure failure, std::string_view reason) {
  if (!prepare({})) return close(false);
  refuse(peer_ip_, scheme(), failure, reason, false);
}

upstream::WireBody* TcpConnection::open_tunnel(Duration idle) {
  transport_->watch().wait_readable(nullptr);
  Arena& arena = exchange()->arena();
  body_ = arena.make<upstream::WireBody>(
      context_.loop, *transport_, input_, http::h1::BodyDecoder(Framing::until_close, 0, &arena), idle,
      upstream::WireBody::Failures{Failure::client_gone, Failure::client_gone, Failure::tunnel_idle});
  return body_;
}

void TcpConnection::drop_request_body() {
  if (body_ != nullptr) body_->~WireBody();
  body_ = nullptr;
}

AnswerWire::Sending TcpConnection::send() {
  while (!unsent_.empty()) {
    const iovec piece = net::piece(unsent_);
    const IoResult result = transport_->write({&piece, 1});
    if (result.state == IoResult::State::would_block) return Sending::pending;
    if (result.state != IoResult::State::ok) return Sending::failed;
    sent_ += result.bytes;
    unsent_.remove_prefix(result.bytes);
  }
  return Sending::done;
}

bool TcpConnection::end_sending() {
  transport_->shutdown_write();
  return true;
}

void TcpConnection::run_deferred() {
  if (state_ == State::closed) {
    delete this;
    return;
  }
  ServedExchange::run_deferred();
}

void TcpConnection::on_served(bool, bool) { close(is_open_ && !was_cut()); }

void TcpConnection::close(bool is_good) {
  if (state_ == State::closed) return;
  state_ = State::closed;
  Deadline::clear();
  if (!is_good) {
    const linger at_once{1, 0};
    ::setsockopt(transport_->fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  transport_->watch().close();
  context_.loop.defer(*this);
}

}  // namespace outrigger::proxy
