#include "proxy/calls/tunnel.h"

#include <sys/socket.h>

#include "http/field_list.h"
#include "net/splice.h"
#include "proxy/downstream/answer_wire.h"
#include "proxy/downstream/turn.h"
#include "proxy/forwarding/upgrade.h"

namespace outrigger::proxy {

using net::IoEnd;
using namespace std::chrono_literals;

namespace {

constexpr Duration kWebSocketIdle = 1h;

}  // namespace

Duration tunnel_idle(const ActiveExchange& exchange) {
  const bool is_web_socket = http::list_has(wanted_upgrade(exchange.request()), "websocket");
  return exchange.limits().tunnel_idle.value_or(is_web_socket ? kWebSocketIdle : kTunnelIdle);
}

Tunnel::Tunnel(ActiveExchange& exchange, upstream::Connection& service, upstream::WireBody& client, Duration idle)
    : exchange_(exchange),
      service_(service.transport()),
      client_(client),
      answer_(exchange.loop(), service_, service.input(),
              http::h1::BodyDecoder(Framing::until_close, 0, &exchange.arena()), idle,
              {Failure::response_truncated, Failure::response_truncated, Failure::tunnel_idle}) {
  Instant& last_byte = *exchange.arena().make<Instant>();
  answer_.share_idle(last_byte);
  client.share_idle(last_byte);
}

Tunnel::~Tunnel() {
  forward_.reset();
  if (is_over() && client_failure_ == Failure::none) return;
  const linger at_once{1, 0};
  if (ends_apart_) ::setsockopt(service_.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void Tunnel::start() {
  forward_ = forward(*this);
  forward_.start(*this);
}

RootTask Tunnel::forward(Tunnel&) {
  for (Turn turn(kBytesPerTurn);;) {
    const Chunk chunk = co_await client_.read();
    if (chunk.state == State::failed) {
      client_failure_ = client_.failure();
      co_return;
    }
    if (chunk.state == State::end) break;
    IoEnd end = co_await net::WriteAll(exchange_.loop(), service_, exchange_.stall(), {chunk.bytes});
    if (end == IoEnd::done && service_.can_splice() && client_.spliceable() >= net::SpliceBody::kWorth) {
      end = (co_await net::SpliceBody(exchange_.loop(), client_, service_, exchange_.stall())).end;
    }
    if (end == IoEnd::done) {
      if (turn.use(exchange_.loop(), chunk.bytes.size() + kCostOfPiece)) co_await NextTurn(exchange_.loop());
      continue;
    }
    client_failure_ = end == IoEnd::timed_out ? Failure::upstream_write_timeout : Failure::upstream_reset;
    co_return;
  }
  service_.shutdown_write();
}

// After the service has ended only the client's way is left; a service that ended by closing sees no more of that than
// it reads.
Body::State Tunnel::pull(std::string_view& bytes) {
  waiter_ = nullptr;
  if (!is_service_done_) {
    const State state = answer_.pull(bytes);
    if (state != State::end && (state != State::pending || client_failure_ == Failure::none)) return state;
    if (state == State::end) {
      is_service_done_ = true;
      ends_apart_ = exchange_.client().end_sending();
    }
  }
  if (client_failure_ != Failure::none) return State::failed;
  return is_client_done_ || !ends_apart_ ? State::end : State::pending;
}

// How it goes on where there are no more bytes, pull() knows.
Body::State Tunnel::splice(int into, std::size_t most, std::size_t& taken) {
  waiter_ = nullptr;
  const State state = answer_.splice(into, most, taken);
  return state == State::pending && client_failure_ != Failure::none ? State::end : state;
}

void Tunnel::park(Wakeable* waiter) {
  waiter_ = waiter;
  if (!is_service_done_) answer_.park(waiter);
}

Failure Tunnel::failure() const {
  const Failure of_service = answer_.failure();
  return of_service == Failure::none ? client_failure_ : of_service;
}

void Tunnel::on_root_done(std::exception_ptr failure) noexcept {
  if (failure) client_failure_ = Failure::internal;
  exchange_.loop().defer(*this);
}

void Tunnel::run_deferred() {
  is_client_done_ = true;
  if (waiter_ == nullptr) return;
  if (!is_service_done_) {
    if (client_failure_ == Failure::none) return;  // the service may go on
    answer_.park(nullptr);
  }
  std::exchange(waiter_, nullptr)->wake();
}

}  // namespace outrigger::proxy
