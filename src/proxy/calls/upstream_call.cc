#include "proxy/calls/upstream_call.h"

#include "outrigger/trace.h"
#include "proxy/calls/continue_head.h"
#include "proxy/calls/dial.h"
#include "proxy/calls/endpoint_wait.h"
#include "proxy/calls/legacy_upload.h"
#include "proxy/calls/shared_call.h"
#include "proxy/calls/stream.h"
#include "proxy/exemplar.h"
#include "proxy/forwarding/forward.h"
#include "proxy/forwarding/legacy_answer.h"

namespace outrigger::proxy {

namespace {

using net::IoEnd;
using SharedCallPointer = std::unique_ptr<SharedCall, InArena>;

constexpr int kMostInterim = 32;  // heads before the final one

// Nothing was processed for certain, for a kept connection was closed before the request or the service refused it:
// any method goes again. The service may have seen it: only what `retry` would repeat too (RFC 9110 section 9.2.2).
bool may_send_again(const ActiveExchange& exchange, Failure failure) {
  if (!exchange.can_replay() || exchange.is_expired()) return false;
  if (failure == Failure::upstream_stale || failure == Failure::upstream_refused) return true;
  return failure == Failure::upstream_reset && exchange.may_repeat();
}

void begin_try(ActiveExchange& exchange, const upstream::Pick& pick) {
  RequestTrace* const trace = exchange.trace();
  if (trace == nullptr || !trace->is_recording()) return;
  const upstream::Endpoint& endpoint = *pick.endpoint();
  const std::string_view ip = exchange.arena().copy(endpoint.only_ip());  // a look-up may change it meanwhile
  trace->try_begins(exchange, {exchange.endpoint(), ip, endpoint.tls().context != nullptr});
}

// Tells the pick when the client leaves before there is an answer.
class Unanswered {
 public:
  Unanswered(const ActiveExchange& exchange, upstream::Pick& pick)
      : exchange_(exchange), pick_(pick), before_(exchange.service_time()) {}
  Unanswered(const Unanswered&) = delete;
  Unanswered& operator=(const Unanswered&) = delete;
  ~Unanswered() { pick_.set_left(took()); }
  // How long the service had the request so far.
  Duration took() const { return exchange_.service_time() - before_; }

 private:
  const ActiveExchange& exchange_;
  upstream::Pick& pick_;
  const Duration before_;
};

std::string_view explain_replay(Failure failure) {
  return failure == Failure::upstream_refused ? "the service refused it unseen; sent again on a new connection"
                                              : "a kept connection was closed; sent again on a new one";
}

}  // namespace

Response UpstreamCall::refuse(ActiveExchange& exchange, Failure failure, std::string_view detail) const {
  cluster_->stats().count_try(failure);
  Response refused = exchange.fail(failure, detail);
  if (refused.status() == 503) refused.headers().add("Retry-After", "1");
  return refused;
}

upstream::Pick UpstreamCall::choose(ActiveExchange& exchange, const Affinity& affinity, bool only_untried,
                                    bool& is_refused) const {
  const upstream::Balancer::Choice choice = cluster_->choose(exchange.tried(), affinity.hash, only_untried);
  is_refused = choice.is_refused;
  if (choice.member == nullptr) return {};
  exchange.set_endpoint(*choice.member->endpoint);
  return {*choice.member, exchange.loop()};
}

// The endpoint could not be reached, so nothing was sent; another one may do.
bool UpstreamCall::may_go_elsewhere(const ActiveExchange& exchange, Failure failure) const {
  const bool is_unreachable = describe(failure).retry == Retry::if_unsent && failure != Failure::upstream_stale &&
                              failure != Failure::upstream_refused;
  return is_unreachable && !exchange.is_expired() && cluster_->has_usable_endpoint(exchange.tried());
}

Response UpstreamCall::no_endpoint(ActiveExchange& exchange, bool is_refused) const {
  if (is_refused) return refuse(exchange, Failure::breaker_open, "of every endpoint");
  const std::string& why = cluster_->error();
  const bool is_name = !why.empty() || cluster_->is_pending();
  return refuse(exchange, is_name ? Failure::dns_failed : Failure::no_endpoint, exchange.arena().copy(why));
}

Task<Response> UpstreamCall::handle(Exchange& base, Next) {
  auto& exchange = static_cast<ActiveExchange&>(base);
  exchange.count_try();
  exchange.set_upstream(cluster_->name());
  if (exchange.is_expired()) co_return exchange.fail(Failure::request_timeout);
  if (exchange.announces_too_much()) co_return exchange.fail(Failure::body_too_large);
  if (auto answer = answer_as_last(exchange)) co_return std::move(*answer);
  if (cluster_->legacy() != nullptr && exchange.request_body() != nullptr) {
    const Failure failure = co_await ready_upload(exchange, *cluster_);
    if (failure != Failure::none) co_return exchange.fail(failure, "legacy.buffer_uploads of the upstream");
  }
  if (!cluster_->slots()->acquire()) {
    const Failure failure = co_await SlotWait(exchange, *cluster_);
    if (failure != Failure::none) co_return refuse(exchange, failure);
  }
  Slot slot(*cluster_);
  const Failure waited = co_await EndpointWait(exchange, *cluster_);
  if (waited != Failure::none) co_return refuse(exchange, waited);
  const Affinity affinity = affinity_of(exchange);
  bool is_refused = false;
  upstream::Pick pick = choose(exchange, affinity, false, is_refused);
  if (!pick) co_return no_endpoint(exchange, is_refused);
  const Unanswered unanswered(exchange, pick);
  const Instant begin = exchange.now();
  Result result = co_await attempt(exchange, pick, slot, false);
  end_try(exchange, begin, result);
  if (result.is_replayable && may_send_again(exchange, result.failure)) {
    exchange.decide("upstream", explain_replay(result.failure));
    cluster_->stats().replays.add();
    const Instant again = exchange.now();
    result = co_await attempt(exchange, pick, slot, true, result.on);
    end_try(exchange, again, result);
  }
  if (may_go_elsewhere(exchange, result.failure)) {
    exchange.decide("upstream", exchange.arena().concat("another endpoint was asked, for ", result.detail));
    cluster_->stats().failovers.add();
    end(pick, result, unanswered.took());
    pick = choose(exchange, affinity, true, is_refused);
    const Instant again = exchange.now();
    if (pick) {
      result = co_await attempt(exchange, pick, slot, false);
      end_try(exchange, again, result);
    }
  }
  if (result.failure != Failure::none) {
    end(pick, result, unanswered.took());
    co_return refuse(exchange, result.failure, result.detail);
  }
  if (!affinity.new_cookie.empty()) {
    result.response->headers().add("Set-Cookie", hash_key_.set_cookie(exchange, affinity.new_cookie));
  }
  cluster_->stats().count_try(result.response->status());
  const Duration taken = exchange.now() - begin;
  cluster_->stats().head_time.observe(std::chrono::duration<double>(taken).count());
  keep_exemplar(cluster_->stats().head_time, taken, exchange);
  co_return std::move(*result.response);
}

void UpstreamCall::end_try(ActiveExchange& exchange, Instant begun, Result& result) {
  exchange.note_try(begun, result.failure, result.response ? result.response->status() : std::uint16_t{0});
  RequestTrace* const trace = exchange.trace();
  if (trace == nullptr || !trace->is_recording()) return;
  trace->try_ends(exchange, result.response ? &*result.response : nullptr, result.failure);
}

UpstreamCall::Affinity UpstreamCall::affinity_of(ActiveExchange& exchange) const {
  Affinity affinity{hash_key_.of(exchange), {}};
  if (affinity.hash || !hash_key_.gives_cookie()) return affinity;
  affinity.new_cookie = HashKey::new_value(exchange);
  affinity.hash = HashKey::hash_of(affinity.new_cookie);
  return affinity;
}

// The gates hear of what the endpoint did, not of clients that leave nor of our own limits.
void UpstreamCall::end(upstream::Pick& pick, const Result& result, Duration took) {
  if (describe(result.failure).side == Side::upstream) pick.set_outcome({.failure = result.failure, .duration = took});
  pick.set_left(took);
  pick.end();
}

// An endpoint that speaks HTTP/1 only, as most do, is spared the question.
Task<UpstreamCall::Result> UpstreamCall::attempt(ActiveExchange& exchange, upstream::Pick& pick, Slot& slot, bool fresh,
                                                 std::uint32_t than) {
  begin_try(exchange, pick);
  const bool is_choice = pick.endpoint()->shared() != nullptr && !exchange.is_tcp();
  if (is_choice && !needs_http1(exchange, *pick.endpoint())) {
    return attempt_either(exchange, pick, slot, fresh, than);
  }
  return attempt_alone(exchange, pick, slot, fresh, nullptr);
}

Task<UpstreamCall::Result> UpstreamCall::attempt_either(ActiveExchange& exchange, upstream::Pick& pick, Slot& slot,
                                                        bool fresh, std::uint32_t than) {
  const std::shared_ptr<upstream::Endpoint>& endpoint = pick.endpoint();
  if (auto* const found = endpoint->shared()->find(fresh ? than : 0)) {
    co_return co_await attempt_shared(exchange, pick, slot, *found);
  }
  Dialed dialed;
  if (!fresh) dialed.connection = endpoint->take_idle(true);
  if (!dialed.connection) dialed = co_await dial(exchange, *cluster_, endpoint);
  if (dialed.failure != Failure::none) co_return Result{.failure = dialed.failure, .detail = dialed.detail};
  if (dialed.shared != nullptr) co_return co_await attempt_shared(exchange, pick, slot, *dialed.shared);
  co_return co_await attempt_alone(exchange, pick, slot, fresh, &dialed.connection);
}

Task<UpstreamCall::Result> UpstreamCall::attempt_alone(ActiveExchange& exchange, upstream::Pick& pick, Slot& slot,
                                                       bool fresh, std::unique_ptr<upstream::Connection>* given) {
  const std::shared_ptr<upstream::Endpoint>& endpoint = pick.endpoint();
  const Instant begin = exchange.now();
  const Duration before = exchange.service_time();
  std::unique_ptr<upstream::Connection> connection;
  const bool asks = !exchange.may_repeat() || exchange.request_body() != nullptr;
  if (given != nullptr) {
    connection = std::move(*given);
  } else if (!fresh && !exchange.is_tcp()) {
    connection = endpoint->take_idle(asks);
  }
  if (!connection) {
    Dialed dialed = co_await dial(exchange, *cluster_, endpoint);
    if (dialed.failure != Failure::none) co_return Result{.failure = dialed.failure, .detail = dialed.detail};
    connection = std::move(dialed.connection);
  } else if (connection->uses() > 0) {
    cluster_->stats().connections_reused.add();
    exchange.keep_request_body();  // should it turn out to be closed
  }
  exchange.rewind_body();
  StreamPointer stream(exchange.arena().make<Stream>(exchange, *cluster_, endpoint, std::move(connection)));
  if (stream->was_reused() && !asks) stream->set_taken_unasked();
  if (exchange.is_tcp()) {
    stream->open_without_request();
    co_return served(std::move(stream), pick, slot, exchange.now() - begin);
  }
  const IoEnd sent = co_await stream->send_head();
  if (sent == IoEnd::timed_out) co_return Result{.failure = Failure::upstream_write_timeout};
  if (sent == IoEnd::failed && !stream->was_sent()) {
    co_return Result{.failure = Failure::upstream_stale, .is_replayable = stream->was_reused()};
  }
  stream->start_upload();
  const Failure failure = co_await await_head(exchange, *stream);
  if (failure != Failure::none) {
    co_return Result{.failure = failure, .is_replayable = stream->was_reused() && !stream->was_answered()};
  }
  if (stream->head()->status != 101) {
    stream->begin_body();
  } else if (!stream->open_tunnel()) {
    co_return Result{.failure = Failure::upstream_bad_response};
  }
  if (cluster_->legacy() != nullptr) correct(exchange, *stream->head());
  co_return served(std::move(stream), pick, slot, exchange.service_time() - before);
}

void UpstreamCall::correct(const ActiveExchange& exchange, ResponseHead& head) const {
  const config::Legacy& legacy = *cluster_->legacy();
  if (!legacy.rewrite) return;
  const std::string_view host = legacy.host.empty() ? exchange.request().authority : std::string_view(legacy.host);
  correct_answer(head.headers, *legacy.rewrite,
                 {exchange.scheme(), exchange.original_authority(), exchange.endpoint(), host});
}

UpstreamCall::Result UpstreamCall::served(StreamPointer stream, upstream::Pick& pick, Slot& slot, Duration took) {
  ResponseHead* head = stream->head();
  pick.set_answered({.status = head->status, .duration = took});
  stream->keep(std::move(slot), std::move(pick));
  // Also without content: the head's fields are views into the stream's buffer.
  return {.response = Response(head, BodyPointer(stream.release()))};
}

Task<UpstreamCall::Result> UpstreamCall::attempt_shared(ActiveExchange& exchange, upstream::Pick& pick, Slot& slot,
                                                        upstream::SharedConnection& connection) {
  const Duration before = exchange.service_time();
  const std::uint32_t serial = connection.serial();
  if (connection.was_used()) cluster_->stats().connections_reused.add();
  exchange.keep_request_body();  // should it be refused
  exchange.rewind_body();
  SharedCallPointer call(exchange.arena().make<SharedCall>(exchange, pick.endpoint(), connection));
  if (!call->open()) co_return Result{.failure = Failure::upstream_refused, .is_replayable = true, .on = serial};
  const Failure failure = co_await await_head(exchange, *call);
  if (failure != Failure::none) {
    co_return Result{
        .failure = failure, .is_replayable = call->is_replayable(), .on = serial, .detail = call->detail()};
  }
  if (call->is_web_socket_open() && !call->open_tunnel()) co_return Result{.failure = Failure::upgrade_failed};
  ResponseHead* head = call->head();
  pick.set_answered({.status = head->status,
                     .grpc_status = grpc::status_of(head->headers),
                     .duration = exchange.service_time() - before});
  call->keep(std::move(slot), std::move(pick));
  co_return Result{.response = Response(head, BodyPointer(call.release()))};
}

// Waits for the final head and relays interim ones.
// All that goes to the client before the final head goes through here, one piece after the other.
Task<Failure> UpstreamCall::await_head(ActiveExchange& exchange, Call& call) {
  for (int interim = 0; interim <= kMostInterim; ++interim) {
    const Failure failure = co_await call.read_head();
    if (failure != Failure::none) co_return failure;
    const bool is_ours = call.is_continue_due();
    if (!is_ours && (call.head()->status >= 200 || call.head()->status == 101)) co_return Failure::none;
    const bool is_continue = is_ours || call.head()->status == 100;
    const ResponseHead* const head = is_ours ? continue_head(exchange.arena()) : call.head();
    if (!co_await exchange.inform(head)) co_return Failure::client_gone;
    if (is_continue && call.waits_for_continue()) call.go_on_after_continue();
  }
  co_return Failure::upstream_bad_response;
}

}  // namespace outrigger::proxy
