#include "proxy/upstream_call.h"

#include "net/address.h"
#include "proxy/forward.h"
#include "proxy/stream.h"

namespace outrigger::proxy {

namespace {

using net::IoEnd;
using StreamPointer = std::unique_ptr<Stream, InArena>;

// RFC 9110 section 9.2.2: what may be sent again though the first may have been processed.
bool may_send_again(const ActiveExchange& exchange, Failure failure) {
  if (!exchange.can_replay() || exchange.is_expired()) return false;
  return failure == Failure::upstream_stale ||
         (failure == Failure::upstream_reset && is_idempotent(exchange.request().method));
}

struct Connected {
  std::unique_ptr<upstream::Connection> connection;
  Failure failure = Failure::none;
};

Failure connect_failure(IoEnd end, bool connecting, const net::Transport& transport) {
  switch (end) {
    case IoEnd::timed_out:
      return Failure::connect_timeout;
    case IoEnd::interrupted:
      return Failure::request_timeout;
    default:
      return connecting ? Failure::connect_failed : transport.handshake_failure();
  }
}

// Connects to the endpoint's addresses in turn until one accepts.
Task<Connected> connect(ActiveExchange& exchange, upstream::Cluster& cluster, upstream::Endpoint& endpoint) {
  Failure failure = endpoint.addresses().empty() ? Failure::dns_failed : Failure::connect_failed;
  for (const net::Address& address : endpoint.addresses()) {
    const net::Connecting begun = net::start_connect(address);
    if (begun.fd < 0) {
      failure = begun.error == EMFILE || begun.error == ENFILE ? Failure::overloaded : Failure::connect_failed;
      continue;
    }
    auto transport = cluster.make_transport(exchange.loop(), begun.fd, endpoint);
    net::Established established(exchange.loop(), *transport, begun.in_progress, cluster.connect_limit(endpoint),
                                 exchange.wait());
    const IoEnd end = co_await established;
    if (end == IoEnd::done) {
      co_return Connected{std::make_unique<upstream::Connection>(exchange.loop(), std::move(transport)), Failure::none};
    }
    failure = connect_failure(end, established.is_connecting(), *transport);
    if (!transport->error_text().empty()) exchange.decide("tls", exchange.arena().copy(transport->error_text()));
    if (failure == Failure::request_timeout) break;
  }
  co_return Connected{nullptr, failure};
}

}  // namespace

Task<Response> UpstreamCall::handle(Exchange& base, Next) {
  auto& exchange = static_cast<ActiveExchange&>(base);
  exchange.count_try();
  exchange.set_upstream(cluster_->name());
  if (exchange.is_expired()) co_return exchange.fail(Failure::request_timeout);
  if (exchange.announces_too_much()) co_return exchange.fail(Failure::body_too_large);
  const std::shared_ptr<upstream::Slots>& slots = cluster_->shared_slots();
  if (!slots->acquire()) {
    const Failure failure = co_await SlotWait(exchange, slots);
    if (failure != Failure::none) {
      Response refused = exchange.fail(failure);
      refused.headers().add("Retry-After", "1");
      co_return refused;
    }
  }
  Slot slot(slots);
  upstream::Endpoint* endpoint = cluster_->pick(exchange.last_endpoint());
  if (endpoint == nullptr) co_return exchange.fail(Failure::no_endpoint);
  exchange.set_endpoint(*endpoint);
  exchange.rewind_body();
  Result result = co_await attempt(exchange, *endpoint, slot, false);
  if (result.was_reused && may_send_again(exchange, result.failure)) {
    exchange.decide("upstream", "a kept connection was closed; sent again on a new one");
    exchange.rewind_body();
    result = co_await attempt(exchange, *endpoint, slot, true);
  }
  if (result.failure != Failure::none) co_return exchange.fail(result.failure);
  co_return std::move(*result.response);
}

Task<UpstreamCall::Result> UpstreamCall::attempt(ActiveExchange& exchange, upstream::Endpoint& endpoint, Slot& slot,
                                                 bool fresh) {
  std::unique_ptr<upstream::Connection> connection;
  if (!fresh) connection = endpoint.take_idle(!is_idempotent(exchange.request().method));
  if (!connection) {
    Connected made = co_await connect(exchange, *cluster_, endpoint);
    if (made.failure != Failure::none) co_return Result{made.failure, false, {}};
    connection = std::move(made.connection);
  }
  StreamPointer stream(exchange.arena().make<Stream>(exchange, *cluster_, endpoint, std::move(connection)));
  const IoEnd sent = co_await stream->send_head();
  if (sent == IoEnd::timed_out) co_return Result{Failure::upstream_write_timeout, false, {}};
  if (sent == IoEnd::failed && !stream->was_sent()) co_return Result{Failure::upstream_stale, stream->was_reused(), {}};
  stream->start_upload();
  for (;;) {
    const Failure failure = co_await stream->read_head();
    if (failure != Failure::none) {
      co_return Result{failure, stream->was_reused() && !stream->was_answered(), {}};
    }
    ResponseHead& head = *stream->head();
    if (head.status >= 200 || head.status == 101) break;
    if (exchange.request().version == Version::http11) {
      const IoEnd relayed = co_await net::WriteAll(exchange.loop(), exchange.client(), exchange.limits().body_idle,
                                                   {write_interim_head(exchange, head)});
      if (relayed != IoEnd::done) co_return Result{Failure::client_gone, false, {}};
    }
    if (head.status == 100 && stream->waits_for_continue()) stream->go_on_after_continue();
  }
  stream->begin_body();
  ResponseHead* head = stream->head();
  stream->take_slot(std::move(slot));
  // Also without content: the head's fields are views into the stream's buffer.
  co_return Result{Failure::none, false, Response(head, BodyPointer(stream.release()))};
}

}  // namespace outrigger::proxy
