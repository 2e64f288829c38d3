#include "proxy/server_connection.h"

#include <sys/socket.h>

#include <array>

#include "http/h1/request_parser.h"
#include "proxy/chunk.h"
#include "proxy/forward.h"
#include "proxy/memory_body.h"

namespace outrigger::proxy {

namespace {

using net::IoEnd;
using net::IoResult;
using net::WriteAll;
using namespace std::chrono_literals;

constexpr Duration kHandshakeLimit = 10s;
constexpr Duration kLingerLimit = 2s;  // for what a client still sends after its early answer
constexpr std::size_t kLingerBytes = 1024 * 1024;

}  // namespace

ConnectionContext::ConnectionContext(EventLoop& loop, std::shared_ptr<LiveConfig> live, FailureStats& failures)
    : loop(loop),
      live(std::move(live)),
      failures(failures),
      accept_pauses(stats::counter("outrigger_accept_pauses_total",
                                   "Pauses in accepting connections because descriptors or memory ran out.")) {}

ServerConnection::RequestBody::RequestBody(ServerConnection& owner, const RequestHead& head, const Limits& limits,
                                           Arena& arena)
    : WireBody(owner.context_.loop, *owner.transport_, owner.input_,
               http::h1::BodyDecoder(head.framing, head.content_length, &arena), limits.body_idle,
               Failures{Failure::client_gone, Failure::bad_chunk, Failure::request_body_timeout}),
      owner_(owner) {}

void ServerConnection::begin(ConnectionContext& context, std::string_view listener,
                             std::unique_ptr<net::Transport> transport, const net::Address& peer) {
  auto* connection = new ServerConnection(context, listener, std::move(transport), peer);
  if (connection->transport_->is_tls()) {
    connection->state_ = State::handshake;
    context.loop.set_deadline(*connection, kHandshakeLimit);
    connection->shake_hands();
  } else {
    connection->read_request();
  }
}

ServerConnection::ServerConnection(ConnectionContext& context, std::string_view listener,
                                   std::unique_ptr<net::Transport> transport, const net::Address& peer)
    : context_(context), transport_(std::move(transport)), peer_(peer), listener_name_(listener) {
  context_.connections.push_back(*this);
  context_.open.store(context_.open.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

ServerConnection::~ServerConnection() {
  root_.reset();
  context_.open.store(context_.open.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
}

void ServerConnection::destroy() {
  if (exchange_ && state_ == State::running) cancel(Failure::draining);
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
  if (state_ == State::reading && deadline_is_head_ && !input_.unread().empty())
    return reject(Failure::request_head_timeout);
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
  state_ = State::reading;
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
  const auto live = context_.live->listeners.find(listener_name_);
  if (live == context_.live->listeners.end()) {
    close();
    return false;
  }
  listener_ = &live->second;
  exchange_ = std::make_unique<ActiveExchange>(context_.loop, *transport_, context_.live, *listener_);
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
  Deadline::clear();
  start_exchange();
  return true;
}

// One deadline for the whole head, however slowly it trickles; none but keep_alive before its first byte.
void ServerConnection::wait_for_request() {
  const auto live = context_.live->listeners.find(listener_name_);
  if (live == context_.live->listeners.end() || (context_.draining && input_.unread().empty())) return close();
  const Limits& limits = live->second.limits;
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

// Answers what can't be understood, and closes: after such bytes nobody knows where the next request begins. The chain
// does not run, but its filters hear of it. `reason` is static text, or empty.
void ServerConnection::reject(Failure failure, std::string_view reason) {
  if (!exchange_ && !make_exchange()) return;
  ActiveExchange& exchange = *exchange_;
  exchange.begin(peer_, transport_->is_tls() ? "https" : "http", nullptr);
  listener_->stats.in_flight.add(1);
  for (const Link* link = listener_->chain.first(); link != nullptr; link = link->rest) link->filter->refused(exchange);
  Response response = exchange.fail(failure, reason);
  std::string_view body;
  if (exchange.request().method != Method::head) response.body()->pull(body);
  const std::array<iovec, 2> pieces = {net::piece(write_response_head(exchange, response, false).head),
                                       net::piece(body)};
  transport_->write(pieces);
  body_ = nullptr;
  outcome_ = {};
  outcome_.status = response.status();
  outcome_.failure = failure;
  outcome_.detail = reason;
  outcome_.local = true;
  outcome_.response_bytes = body.size();
  end_exchange();
  linger();
}

void ServerConnection::start_exchange() {
  RequestHead& head = exchange_->request();
  outcome_ = {};
  head_sent_ = reset_on_close_ = deadline_is_head_ = false;
  body_ = nullptr;
  if (head.framing != Framing::none) {
    body_ = exchange_->arena().make<RequestBody>(*this, head, listener_->limits, exchange_->arena());
    if (listener_->settings.max_body) body_->set_limit(listener_->settings.max_body->bytes);
  }
  state_ = State::running;
  exchange_->begin(peer_, transport_->is_tls() ? "https" : "http", body_);
  listener_->stats.in_flight.add(1);
  transport_->watch().wait_readable(this);
  root_ = serve(*exchange_);
  root_.start(*this);
}

RootTask ServerConnection::serve(ActiveExchange& exchange) {
  Response response = co_await Next(listener_->chain.first())(exchange);
  exchange.stop_clock();
  const bool has_content = exchange.request().method != Method::head && response.head().framing != Framing::none;
  Body* body = has_content ? response.body() : nullptr;
  std::string_view bytes;
  Body::State state = body == nullptr ? Body::State::end : body->pull(bytes);
  if (state == Body::State::failed) {
    response =
        exchange.fail(body->failure() == Failure::response_truncated ? Failure::upstream_reset : body->failure());
    body = response.body();
    state = body->pull(bytes);
  }
  outcome_.failure = response.failure();
  outcome_.detail = response.detail();
  outcome_.local = response.is_local();
  const bool may_keep = !context_.draining && (!response.is_local() || request_is_over());
  const ResponseWire wire = write_response_head(exchange, response, may_keep);
  keep_alive_ = wire.keep_alive;
  reset_on_close_ = has_content && !wire.chunked && response.head().framing != Framing::length;
  std::string_view head = wire.head;
  char buffer[24];
  for (;;) {
    std::string_view before, after;
    const bool last = state == Body::State::end;
    if (state != Body::State::data) bytes = {};
    if (wire.chunked && state == Body::State::data) before = chunk_head(buffer, bytes.size()), after = kChunkEnd;
    if (wire.chunked && last) before = last_chunk(exchange.arena(), body->trailers());
    const IoEnd written = co_await WriteAll(context_.loop, *transport_, exchange.limits().body_idle,
                                            {head, before, bytes, after}, &head_sent_);
    if (head_sent_) outcome_.status = response.status();
    if (written != IoEnd::done) {
      outcome_.failure = written == IoEnd::timed_out ? Failure::client_stalled : Failure::client_gone;
      keep_alive_ = false;
      co_return;
    }
    outcome_.response_bytes += bytes.size();
    head = {};
    if (last) co_return;
    const Body::Chunk chunk = co_await body->read();
    state = chunk.state;
    bytes = chunk.bytes;
    if (state == Body::State::failed) {
      outcome_.failure = body->failure();
      outcome_.cut = true;
      keep_alive_ = false;
      co_return;
    }
  }
}

// Was the whole request received? What is already here is taken, so that a small unread body does not cost the
// connection.
bool ServerConnection::request_is_over() {
  if (body_ == nullptr) return true;
  std::string_view ignored;
  for (int i = 0; i < 4 && !body_->is_complete(); ++i) {
    if (body_->pull(ignored) != Body::State::data) break;
  }
  return body_->is_complete();
}

// Readable while nobody reads: a close, or the next request coming early (which stays in the buffer).
void ServerConnection::check_abort() {
  const bool body_open = body_ != nullptr && !body_->is_complete();
  if (body_open || input_.is_full()) {
    if (transport_->is_closed()) cancel(Failure::client_gone);
    return;
  }
  const IoResult result = input_.fill_head(*transport_);
  if (result.state == IoResult::State::ok || result.state == IoResult::State::would_block) return;
  if (result.state == IoResult::State::eof && listener_->settings.half_close == config::HalfClose::keep) return;
  cancel(Failure::client_gone);
}

void ServerConnection::cancel(Failure why) {
  outcome_.failure = why;
  keep_alive_ = false;
  root_.reset();
  end_exchange();
  close();
}

void ServerConnection::on_root_done(std::exception_ptr failure) noexcept {
  if (failure) {
    outcome_.failure = Failure::internal;
    keep_alive_ = false;
  }
  context_.loop.defer(*this);
}

void ServerConnection::end_exchange() {
  if (!exchange_) return;
  outcome_.request_bytes = body_ == nullptr ? 0 : body_->received();
  outcome_.duration = context_.loop.now() - exchange_->started();
  listener_->stats.in_flight.add(-1);
  listener_->stats.count(outcome_);
  if (outcome_.failure != Failure::none) context_.failures.count(outcome_.failure);
  exchange_->finish(outcome_);
  if (body_ != nullptr) body_->~RequestBody();
  body_ = nullptr;
  body_waiter_ = nullptr;
  exchange_.reset();
}

void ServerConnection::run_deferred() {
  if (state_ == State::closed) {
    delete this;
    return;
  }
  root_.reset();
  const bool complete = request_is_over();
  const bool cut = outcome_.cut;
  end_exchange();
  if (cut) return close();
  if (!keep_alive_ || !complete || context_.draining) return linger();
  input_.recycle();
  transport_->settle();
  read_request();
}

// Closing while the client still sends would reset the connection and lose the answer (RFC 9112 section 9.6): say FIN,
// then read and drop for a while.
void ServerConnection::linger() {
  state_ = State::lingering;
  input_.release();
  transport_->shutdown_write();
  lingered_ = 0;
  context_.loop.set_deadline(*this, kLingerLimit);
  transport_->watch().wait_readable(this);
  drain_lingering();
}

void ServerConnection::drain_lingering() {
  for (;;) {
    input_.release();
    const IoResult result = input_.fill_head(*transport_);
    if (result.state == IoResult::State::would_block) return input_.release();
    lingered_ += result.bytes;
    if (result.state != IoResult::State::ok || lingered_ > kLingerBytes) return close();
  }
}

void ServerConnection::close() {
  if (state_ == State::closed) return;
  if (outcome_.cut && reset_on_close_) {
    const struct linger now{1, 0};
    ::setsockopt(transport_->fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  state_ = State::closed;
  Deadline::clear();
  transport_->watch().close();
  context_.loop.defer(*this);
}

}  // namespace outrigger::proxy
