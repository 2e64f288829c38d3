#include "proxy/downstream/served_exchange.h"

#include "net/splice.h"
#include "proxy/downstream/detached_exchange.h"
#include "proxy/downstream/grpc_reply.h"
#include "proxy/downstream/report_bug.h"
#include "proxy/downstream/turn.h"
#include "proxy/exemplar.h"
#include "proxy/forwarding/forward.h"

namespace outrigger::proxy {

namespace {
using net::IoEnd;
}  // namespace

// What goes out next, and where the rest comes from.
struct ServedExchange::Outgoing {
  Body* body = nullptr;
  Body::State state = Body::State::end;
  std::string_view bytes;
  std::optional<std::uint64_t> left;  // content that is announced and not out yet

  void begin(Response& response) {
    body = response.body();
    left.reset();
    if (response.head().framing == Framing::length) left = response.head().content_length;
    pull();
  }
  void take(const Body::Chunk& chunk) {
    state = chunk.state;
    bytes = state == Body::State::data ? chunk.bytes : std::string_view{};
    count(bytes.size());
  }
  void count(std::uint64_t size) {
    if (left) *left -= std::min(*left, size);
  }
  void pull() {
    Body::Chunk chunk{Body::State::end, {}};
    if (body != nullptr) chunk.state = body->pull(chunk.bytes);
    take(chunk);
  }
  bool is_over() const { return state == Body::State::end; }
  // Also of a body that ends in good order before all that its head announced: the client would take the next answer
  // for the rest.
  Failure failure() const {
    if (state == Body::State::failed) return body->failure();
    return is_over() && left > 0U ? Failure::response_truncated : Failure::none;
  }
  // Announced content is complete before its body says so.
  bool is_last() const { return is_over() || left == 0; }
};

bool ServedExchange::make_exchange(const ListenerPlace& place, const ClientCertificate* certificate) {
  if (place.now == nullptr) return false;
  listener_ = place.now;
  exchange_ = std::make_unique<ActiveExchange>(context_.loop, wire_, context_.live, *listener_,
                                               static_cast<ActiveExchange::Owner&>(*this));
  exchange_->set_client_certificate(certificate);
  return true;
}

// Bookkeeping that every exchange begins with, also one that is refused.
void ServedExchange::begin(std::string_view peer_ip, std::string_view scheme, Body* body) {
  was_cut_ = false;
  if (context_.recorder != nullptr) exchange_->keep_journal();
  exchange_->begin(peer_ip, scheme, body);
  listener_->stats.in_flight.add(1);
}

void ServedExchange::serve(std::string_view peer_ip, std::string_view scheme, Body* body) {
  begin(peer_ip, scheme, body);
  root_ = run(*exchange_);
  root_.start(*this);
}

RootTask ServedExchange::run(ActiveExchange& exchange) {
  Response response = co_await Next(listener_->chain.first())(exchange);
  exchange.stop_clock();
  Outcome& outcome = exchange.outcome();
  Outgoing out;
  if (!begin_answer(exchange, response, out)) co_return;
  for (Turn turn(kBytesPerTurn);;) {
    const bool ends = out.is_last();
    wire_.put(out.bytes, ends, out.is_over() && out.body != nullptr ? out.body->trailers() : nullptr);
    const IoEnd sent = co_await Sent(wire_, context_.loop, exchange.stall());
    if (wire_.is_head_sent()) outcome.status = response.status();
    if (!goes_on(sent)) co_return;
    outcome.response_bytes += out.bytes.size();
    if (out.is_over()) co_return;
    if (net::Transport* to = wire_.splices_to(); to && out.body->spliceable() >= net::SpliceBody::kWorth) {
      const auto spliced = co_await net::SpliceBody(context_.loop, *out.body, *to, exchange.stall());
      outcome.response_bytes += spliced.moved;
      out.count(spliced.moved);
      if (!goes_on(spliced.end)) co_return;
    }
    if (turn.use(context_.loop, out.bytes.size() + kCostOfPiece)) co_await NextTurn(context_.loop);
    out.take(co_await out.body->read());
    if (const Failure failure = out.failure(); failure != Failure::none) {
      outcome.failure = failure;
      outcome.cut = true;
      co_return;
    }
    if (ends && out.is_over()) co_return;
  }
}

// False when what was prepared last could not be sent: the client's answer is cut.
bool ServedExchange::goes_on(IoEnd sent) {
  if (sent == IoEnd::done) return true;
  Outcome& outcome = exchange_->outcome();
  outcome.failure = sent == IoEnd::timed_out ? Failure::client_stalled : Failure::client_gone;
  outcome.cut = true;
  return false;
}

// Our own answer to a call of gRPC says in gRPC's way why there is no other.
void ServedExchange::tell_call(ActiveExchange& exchange, Response& response, Outgoing& out) {
  if (response.status() == 200) return;
  response = grpc_reply(exchange, response);
  out = {};
}

// Chooses the head, with the content that is already here. False when there is nobody to answer.
bool ServedExchange::begin_answer(ActiveExchange& exchange, Response& response, Outgoing& out) {
  Outcome& outcome = exchange.outcome();
  if (response.failure() == Failure::client_gone) {
    outcome.failure = Failure::client_gone;
    outcome.cut = true;
    return false;
  }
  const bool has_content = exchange.request().method != Method::head && response.head().framing != Framing::none;
  const bool has_words = !response.is_local() || !exchange.is_tcp();
  if (has_content && has_words) out.begin(response);
  if (const Failure failure = out.failure(); failure != Failure::none) {  // nothing was sent yet: it can still be said
    if (exchange.is_tcp()) {
      outcome.failure = failure;
      outcome.cut = true;
      return false;
    }
    response = exchange.fail(failure == Failure::response_truncated ? Failure::upstream_reset : failure);
    out.begin(response);
  }
  outcome.failure = response.failure();
  outcome.detail = response.detail();
  outcome.local = response.is_local();
  if (outcome.local && wants_grpc_reply(exchange)) tell_call(exchange, response, out);
  wire_.set_head(exchange, response, may_go_on() && (!response.is_local() || is_request_complete()));
  return true;
}

void ServedExchange::refuse(std::string_view peer_ip, std::string_view scheme, Failure failure, std::string_view reason,
                            bool answers) {
  begin(peer_ip, scheme, nullptr);
  for (const Link* link = listener_->chain.first(); link != nullptr; link = link->rest) {
    link->filter->refused(*exchange_);
  }
  if (answers) return answer(failure, reason);
  exchange_->decide(describe(failure).token, reason.empty() ? describe(failure).text : reason);
  exchange_->outcome().failure = failure;
  exchange_->outcome().detail = reason;
  end();
  on_refused();
}

// Ends the exchange with an answer of our own in one attempt.
void ServedExchange::answer(Failure failure, std::string_view reason) {
  ActiveExchange& exchange = *exchange_;
  Response response = exchange.fail(failure, reason);
  if (wants_grpc_reply(exchange)) response = grpc_reply(exchange, response);
  if (failure == Failure::connect_refused) response.headers().add("Allow", kMethodsOffered);
  if (failure == Failure::overloaded) response.headers().add("Retry-After", "1");
  std::string_view body;
  if (exchange.request().method != Method::head && response.has_body()) response.body()->pull(body);
  wire_.set_head(exchange, response, false);
  wire_.put_last(body);
  wire_.send();
  Outcome& outcome = exchange.outcome();
  outcome.status = wire_.is_head_sent() ? response.status() : 0;
  outcome.failure = failure;
  outcome.detail = reason;
  outcome.local = true;
  outcome.response_bytes = body.size();
  response.discard();  // its body lives in the exchange
  end();
  on_refused();
}

void ServedExchange::cancel(Failure why) {
  Outcome& outcome = exchange_->outcome();
  outcome.failure = why;
  outcome.cut = true;
  root_.reset();
  end();
  on_cancelled();
}

bool ServedExchange::detach(const ActiveExchange& exchange, std::unique_ptr<Detached> work) {
  DetachedExchange::begin(context_, exchange, std::move(work));
  return true;
}

void ServedExchange::on_overdue() {
  if (exchange_->is_relaying_interim()) return cancel(Failure::request_timeout);
  root_.reset();
  answer(Failure::request_timeout, "a filter did not answer in time");
}

bool ServedExchange::end_late_answer() {
  if (!wire_.is_head_sent() || !root_) return false;
  cancel(Failure::request_timeout);
  return true;
}

void ServedExchange::on_root_done(std::exception_ptr failure) noexcept {
  if (failure) {
    report_bug(failure);
    exchange_->outcome().failure = Failure::internal;
    exchange_->outcome().cut = wire_.is_head_sent();
  }
  context_.loop.defer(*this);
}

void ServedExchange::end() {
  Outcome& outcome = exchange_->outcome();
  outcome.request_bytes = request_bytes();
  outcome.duration = context_.loop.now() - exchange_->started();
  listener_->stats.in_flight.add(-1);
  listener_->stats.count(outcome);
  if (outcome.failure != Failure::none) context_.failures.count(outcome.failure);
  was_cut_ = outcome.cut;
  if (context_.recorder != nullptr) context_.recorder->look(*exchange_, outcome);
  exchange_->finish();
  keep_exemplar(listener_->stats.duration, outcome.duration, *exchange_);
  drop_request_body();
  exchange_.reset();
}

void ServedExchange::run_deferred() {
  const Outcome& outcome = exchange_->outcome();
  root_.reset();
  const bool is_bug = outcome.failure == Failure::internal && !outcome.local;
  if (is_bug && !wire_.is_head_sent()) return answer(Failure::internal, {});
  const bool is_complete = is_request_complete();
  const bool client_closes = !exchange_->request().keep_alive && exchange_->request().framing == Framing::none;
  end();
  on_served(is_complete, client_closes);
}

}  // namespace outrigger::proxy
