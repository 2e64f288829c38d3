// ServerConnection: one exchange, from its head to the last byte of the answer.
#include <array>
#include <atomic>

#include "net/splice.h"
#include "outrigger/process_log.h"
#include "proxy/chunk.h"
#include "proxy/forward.h"
#include "proxy/server_connection.h"

namespace outrigger::proxy {

namespace {

using net::IoEnd;
using net::IoResult;
using net::WriteAll;
using namespace std::chrono_literals;

constexpr std::size_t kBytesPerTurn = 1024 * 1024;
constexpr Duration kUnwatched = 20ms;

// Errors are values here, so an exception is a bug: counted each time, said once.
void report_bug(const std::exception_ptr& failure) noexcept {
  static std::atomic_flag said;
  if (said.test_and_set()) return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& exception) {
    log(LogLevel::error, "an exception ended a request; this is a bug, later ones are only counted",
        {{"exception", exception.what()}});
  } catch (...) {
    log(LogLevel::error, "an exception ended a request; this is a bug, later ones are only counted");
  }
}

}  // namespace

ServerConnection::RequestBody::RequestBody(ServerConnection& owner, const RequestHead& head, const Limits& limits,
                                           Arena& arena)
    : WireBody(owner.context_.loop, *owner.transport_, owner.input_,
               http::h1::BodyDecoder(head.framing, head.content_length, &arena), limits.body_idle,
               Failures{Failure::client_gone, Failure::bad_chunk, Failure::request_body_timeout}),
      owner_(owner) {}

// What goes out with the next write, and where the rest comes from.
struct ServerConnection::Outgoing {
  Body* body = nullptr;
  Body::State state = Body::State::end;
  bool chunked = false;
  std::string_view head, before, bytes, after;
  char size_line[24];

  void pull() { state = body == nullptr ? Body::State::end : body->pull(bytes); }
  // Puts the chunk's framing around `bytes`, or the last chunk in their place.
  void frame(Arena& arena) {
    before = after = {};
    if (state != Body::State::data) bytes = {};
    if (!chunked || state == Body::State::pending) return;
    before = is_last() ? last_chunk(arena, body->trailers()) : chunk_head(size_line, bytes.size());
    if (!is_last()) after = kChunkEnd;
  }
  bool is_last() const { return state == Body::State::end; }
};

// Bookkeeping that every exchange begins with, also one that is refused.
void ServerConnection::begin_exchange() {
  Deadline::clear();
  outcome_ = {};
  head_sent_ = reset_on_close_ = deadline_is_head_ = keep_alive_ = false;
  state_ = State::running;
  exchange_->begin(peer_ip_, transport_->is_tls() ? "https" : "http", body_);
  listener_->stats.in_flight.add(1);
}

void ServerConnection::start_exchange() {
  RequestHead& head = exchange_->request();
  body_ = nullptr;
  if (head.framing != Framing::none) {
    body_ = exchange_->arena().make<RequestBody>(*this, head, listener_->limits, exchange_->arena());
    if (listener_->settings.max_body) body_->set_limit(listener_->settings.max_body->bytes);
  }
  begin_exchange();
  watch_client();
  root_ = serve(*exchange_);
  root_.start(*this);
  const bool is_done = Deferred::is_linked();
  // No later event tells of a close that came with the request, or of what TLS has read ahead.
  if (!is_done && (transport_->watch().is_peer_closed() || transport_->has_pending())) check_abort();
}

// Hears of a client that leaves. A connection's first request is mostly answered before it pays to register: one that
// ends with it never asks for an event.
void ServerConnection::watch_client() {
  if (transport_->watch().is_registered() || body_ != nullptr) return transport_->watch().wait_readable(this);
  context_.loop.set_deadline(*this, kUnwatched);
}

RootTask ServerConnection::serve(ActiveExchange& exchange) {
  Response response = co_await Next(listener_->chain.first())(exchange);
  exchange.stop_clock();
  Outgoing out;
  if (!begin_answer(exchange, response, out)) co_return;
  for (Turn turn(kBytesPerTurn);;) {
    out.frame(exchange.arena());
    const IoEnd written = co_await WriteAll(context_.loop, *transport_, exchange.limits().body_idle,
                                            {out.head, out.before, out.bytes, out.after}, &head_sent_);
    if (head_sent_) outcome_.status = response.status();
    if (!goes_on(written)) break;
    outcome_.response_bytes += out.bytes.size();
    out.head = {};
    if (out.is_last()) co_return;
    if (!out.chunked && transport_->can_splice() && out.body->spliceable() >= net::SpliceBody::kWorth) {
      const auto spliced = co_await net::SpliceBody(context_.loop, *out.body, *transport_, exchange.limits().body_idle);
      outcome_.response_bytes += spliced.moved;
      if (!goes_on(spliced.end)) break;
    }
    if (turn.use(context_.loop, out.bytes.size())) co_await NextTurn(context_.loop);
    const Body::Chunk chunk = co_await out.body->read();
    out.state = chunk.state;
    out.bytes = chunk.bytes;
    if (chunk.state == Body::State::failed) {
      outcome_.failure = out.body->failure();
      outcome_.cut = true;
      break;
    }
  }
  keep_alive_ = false;
}

// False when what was written last could not be: the client's answer is cut.
bool ServerConnection::goes_on(IoEnd written) {
  if (written == IoEnd::done) return true;
  outcome_.failure = written == IoEnd::timed_out ? Failure::client_stalled : Failure::client_gone;
  outcome_.cut = true;
  return false;
}

// Chooses head and framing, with the content that is already here. False when there is nobody to answer.
bool ServerConnection::begin_answer(ActiveExchange& exchange, Response& response, Outgoing& out) {
  if (response.failure() == Failure::client_gone) {
    outcome_.failure = Failure::client_gone;
    outcome_.cut = true;
    return false;
  }
  const bool has_content = exchange.request().method != Method::head && response.head().framing != Framing::none;
  if (has_content) out.body = response.body();
  out.pull();
  if (out.state == Body::State::failed) {  // nothing was sent yet, so it can still be said
    const Failure failure = out.body->failure();
    response = exchange.fail(failure == Failure::response_truncated ? Failure::upstream_reset : failure);
    out.body = response.body();
    out.pull();
  }
  outcome_.failure = response.failure();
  outcome_.detail = response.detail();
  outcome_.local = response.is_local();
  const bool may_keep = !context_.draining && (!response.is_local() || request_is_over());
  const ResponseWire wire = write_response_head(exchange, response, may_keep);
  out.head = wire.head;
  out.chunked = wire.chunked;
  keep_alive_ = wire.keep_alive;
  reset_on_close_ = wire.until_close;
  return true;
}

// Refuses what can't be understood: after such bytes nobody knows where the next request begins. The chain does not
// run, but its filters hear of it. `reason` is static text, or empty.
void ServerConnection::reject(Failure failure, std::string_view reason) {
  if (!exchange_ && !make_exchange()) return;
  body_ = nullptr;
  begin_exchange();
  for (const Link* link = listener_->chain.first(); link != nullptr; link = link->rest) {
    link->filter->refused(*exchange_);
  }
  answer(failure, reason);
}

// Ends the exchange with an answer of our own in one attempt, and the connection with it.
void ServerConnection::answer(Failure failure, std::string_view reason) {
  ActiveExchange& exchange = *exchange_;
  Response response = exchange.fail(failure, reason);
  if (failure == Failure::connect_refused) response.headers().add("Allow", kMethodsOffered);
  if (failure == Failure::overloaded) response.headers().add("Retry-After", "1");
  std::string_view body;
  if (exchange.request().method != Method::head) response.body()->pull(body);
  const std::array<iovec, 2> pieces = {net::piece(write_response_head(exchange, response, false).head),
                                       net::piece(body)};
  const IoResult written = transport_->write(pieces);
  outcome_.status = written.state == IoResult::State::ok ? response.status() : 0;
  outcome_.failure = failure;
  outcome_.detail = reason;
  outcome_.local = true;
  outcome_.response_bytes = body.size();
  response.discard();  // its body lives in the exchange
  end_exchange();
  linger();
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
  const bool body_is_open = body_ != nullptr && !body_->is_complete();
  if (!body_is_open && !read_ahead()) return cancel(Failure::client_gone);
  if (!body_is_open && !input_.is_full()) return;
  // What waits in the kernel hides a close from those who read.
  using net::PeerEnd;
  const PeerEnd end = transport_->peer_end();
  const bool half_is_enough = listener_->settings.half_close == config::HalfClose::cancel;
  if (end == PeerEnd::both || (end == PeerEnd::sending && half_is_enough)) cancel(Failure::client_gone);
}

// Reads until there is no more, or no room: one event may stand for data and the close behind it. False when the client
// has left.
bool ServerConnection::read_ahead() {
  while (!input_.is_full()) {
    const IoResult result = input_.fill_head(*transport_);
    if (result.state == IoResult::State::ok) continue;
    if (result.state == IoResult::State::would_block) return true;
    return result.state == IoResult::State::eof && listener_->settings.half_close == config::HalfClose::keep;
  }
  return true;
}

// Ends the exchange without a word more. From the loop, not from inside the exchange.
void ServerConnection::cancel(Failure why) {
  outcome_.failure = why;
  outcome_.cut = true;
  keep_alive_ = false;
  root_.reset();
  end_exchange();
  close();
}

bool ServerConnection::end_slow_upload() {
  if (body_ == nullptr || body_waiter_ == nullptr) return false;
  body_->give_up();
  return true;
}

void ServerConnection::on_overdue() {
  if (exchange_->is_relaying_interim()) return cancel(Failure::request_timeout);
  root_.reset();
  answer(Failure::request_timeout, "a filter did not answer in time");
}

void ServerConnection::on_root_done(std::exception_ptr failure) noexcept {
  if (failure) {
    report_bug(failure);
    outcome_.failure = Failure::internal;
    outcome_.cut = head_sent_;
    keep_alive_ = false;
  }
  context_.loop.defer(*this);
}

void ServerConnection::end_exchange() {
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
  const bool is_bug = outcome_.failure == Failure::internal && !outcome_.local;
  if (is_bug && !head_sent_) return answer(Failure::internal, {});
  const bool is_complete = request_is_over();
  const bool is_cut = outcome_.cut;
  const bool client_closes = !exchange_->request().keep_alive && body_ == nullptr && input_.unread().empty();
  end_exchange();
  if (is_cut) return close();
  if (keep_alive_ && is_complete && !context_.draining) return next_request();
  end_connection(client_closes);
}

}  // namespace outrigger::proxy
