#include "filters/tracing/trace.h"

#include <algorithm>

#include "filters/tracing/semantics.h"

namespace outrigger::filters {
namespace {

std::uint64_t nanoseconds(Duration duration) {
  return static_cast<std::uint64_t>(std::max(duration.count(), Duration::rep{0}));
}

}  // namespace

Trace::Trace(Arena& arena, const Setup& setup, base::TraceId trace, std::uint64_t span)
    : setup_(setup), trace_(trace), span_number_(span) {
  char* const digits = arena.array<char>(48);
  base::write_hex(base::write_hex(digits, trace), span);
  trace_id_ = {digits, 32};
  span_id_ = {digits + 32, 16};
}

void Trace::set_parent(std::uint64_t parent, std::string_view tracestate) {
  parent_ = parent;
  tracestate_ = tracestate;
}

void Trace::set_sampled(bool is_sampled, bool is_debug) {
  is_sampled_ = is_sampled;
  is_kept_ = is_sampled && setup_.sink != nullptr;
  is_debug_ = is_debug;
  is_recording_ = setup_.sink != nullptr && (is_sampled || setup_.sample_errors);
}

void Trace::write(Headers& headers, std::uint64_t self, std::uint64_t parent) const {
  setup_.propagated.write(headers, {{trace_, self}, parent, is_sampled_, is_debug_, tracestate_});
}

void Trace::try_begins(Exchange& exchange, const TryPeer& peer) {
  auto* const made = exchange.arena().make<Try>(exchange, peer, base::random_span_id());
  (last_try_ == nullptr ? first_try_ : last_try_->next) = made;
  last_try_ = made;
  write(exchange.request().headers, made->span(), span_number_);
}

void Trace::try_ends(Exchange&, Response* response, Failure failure) { last_try_->answered(response, failure); }

void Trace::follow(Exchange& detached) const {
  Arena& arena = detached.arena();
  auto* const trace = arena.make<Trace>(arena, setup_, trace_, span_number_);
  trace->set_parent(parent_, arena.copy(tracestate_));
  trace->set_sampled(is_sampled_, is_debug_);
  trace->epoch_ = epoch_;
  trace->is_detached_ = true;
  detached.set_trace(*trace);
  if (trace->is_recording()) detached.add_finisher(*trace);
}

// By the conventions a server's span is no error for what the client did wrong, unless the answer broke off.
bool Trace::is_error(const Outcome& outcome) const {
  if (outcome.status >= 500 || outcome.status == 0 || outcome.cut) return true;
  const auto status = last_try_ != nullptr && !outcome.local ? last_try_->grpc_status() : std::nullopt;
  return status && semantics::is_server_error(*status);
}

Span Trace::make_span() const {
  Span span;
  span.trace = trace_;
  span.is_sampled = is_sampled_;
  span.tracestate = tracestate_;
  return span;
}

void Trace::describe(Span& span, Exchange& exchange, const Outcome& outcome) const {
  const RequestHead& request = exchange.request();
  Arena& arena = exchange.arena();
  Attributes& attributes = span.attributes;
  semantics::set_method(span, request.method_token, request.method != Method::other);
  const std::string_view target = semantics::without_credentials(exchange.original_target(), arena);
  const auto mark = target.find('?');
  attributes.add("url.path", target.substr(0, mark));
  if (mark != std::string_view::npos) attributes.add("url.query", target.substr(mark + 1));
  attributes.add("url.scheme", exchange.scheme());
  semantics::add_server(span, semantics::split_place(exchange.original_authority()));
  attributes.add("client.address", exchange.client_ip());
  attributes.add("network.protocol.version", semantics::protocol_version(request.version));
  attributes.add("user_agent.original", request.headers.get(FieldId::user_agent).value_or(std::string_view()));
  semantics::set_outcome(span, outcome.status, outcome.failure, is_error(outcome), arena);
  if (last_try_ != nullptr && !outcome.local && last_try_->grpc_status()) {
    attributes.add("rpc.system", "grpc");
    attributes.add("rpc.grpc.status_code", static_cast<std::int64_t>(*last_try_->grpc_status()));
  }
  attributes.add("outrigger.listener", exchange.listener());
  attributes.add("outrigger.route", exchange.route());
  attributes.add("outrigger.upstream", exchange.upstream());
  attributes.add("outrigger.request_id", exchange.request_id());
  if (outcome.failure != Failure::none) {
    attributes.add("outrigger.failure", outrigger::describe(outcome.failure).token);
  }
}

void Trace::write_tries(Exchange& exchange) {
  std::int64_t number = 0;
  for (const Try* each = first_try_; each != nullptr; each = each->next, ++number) {
    Span span = make_span();
    span.parent = span_number_;
    span.start = epoch_ + nanoseconds(each->begin().time_since_epoch());
    span.duration = nanoseconds(each->end() - each->begin());
    each->describe(span, number, exchange.arena());
    setup_.sink->write(span);
  }
}

void Trace::finish(Exchange& exchange, const Outcome& outcome) noexcept {
  for (Try* each = first_try_; each != nullptr; each = each->next) each->close(outcome.failure);
  const bool has_failed = is_detached_ ? last_try_ != nullptr && last_try_->has_failed() : is_error(outcome);
  const bool is_unknown =
      outcome.status == 0 && outcome.failure == Failure::none;  // made for a cache, by nobody's call
  if (is_unknown && !is_detached_) return;
  if (!is_sampled_ && !(setup_.sample_errors && has_failed)) return;
  is_kept_ = true;
  write_tries(exchange);
  if (is_detached_) return;
  Span span = make_span();
  span.id = span_number_;
  span.parent = parent_;
  span.is_parent_remote = parent_ != 0;
  span.is_server = true;
  span.start = epoch_ + nanoseconds(exchange.started().time_since_epoch());
  span.duration = nanoseconds(outcome.duration);
  span.events = exchange.decisions();
  describe(span, exchange, outcome);
  setup_.sink->write(span);
}

}  // namespace outrigger::filters
