#include "filters/tracing/tracing.h"

namespace outrigger::filters {
namespace {

std::uint64_t epoch_of(const Exchange& exchange) {
  const auto wall = std::chrono::duration_cast<Duration>(exchange.wall_now().time_since_epoch());
  return static_cast<std::uint64_t>((wall - exchange.now().time_since_epoch()).count());
}

std::unique_ptr<Filter> make(const void* options, FilterContext& context) {
  const TracingOptions effective = merged(*static_cast<const TracingOptions*>(options), context.tracing);
  auto sink = effective.exporter ? SpanSink::open(*effective.exporter, context.tracing) : nullptr;
  return std::make_unique<Tracing>(effective, std::move(sink));
}

}  // namespace

void describe(config::Schema<TracingOptions>& schema) {
  schema.summary("Makes each request a part of a trace. What is absent is as the block `tracing:` has it.");
  config::describe_tracing_keys(schema);
  schema.field("trust", &TracingOptions::trust,
               "Go on with the trace that a client names. Absent: only for trusted_proxies; others begin a new one.");
}

TracingOptions merged(TracingOptions options, const config::Tracing* defaults) {
  if (defaults == nullptr) return options;
  if (!options.exporter) options.exporter = defaults->exporter;
  if (!options.sample) options.sample = defaults->sample;
  if (!options.sample_errors) options.sample_errors = defaults->sample_errors;
  if (options.propagation.empty()) options.propagation = defaults->propagation;
  return options;
}

Tracing::Tracing(const TracingOptions& options, std::unique_ptr<SpanSink> sink)
    : trust_(options.trust),
      share_(options.sample ? options.sample->value : 1),
      propagated_(options.propagation),
      sink_(std::move(sink)),
      setup_{propagated_, sink_.get(), options.sample_errors.value_or(true)} {}

Task<Response> Tracing::handle(Exchange& exchange, Next next) {
  join(exchange);
  return next(exchange);
}

// A chain may have it twice: the first one counts. Behind `retry` this is called for every try, whose request has the
// client's fields again.
void Tracing::join(Exchange& exchange) {
  Headers& headers = exchange.request().headers;
  const auto* const known = static_cast<const Trace*>(exchange.trace());  // nobody else makes any
  if (known != nullptr && !known->is_of(setup_)) return;
  const ReceivedContext received = read_context(headers);
  if (received.is_there) remove_context(headers);
  if (known != nullptr) return known->write(headers);
  Trace& trace = begin(exchange, received);
  exchange.set_trace(trace);
  trace.write(headers);
  if (!trace.is_recording()) return;
  trace.set_epoch(epoch_of(exchange));
  exchange.add_finisher(trace);
}

Trace& Tracing::begin(Exchange& exchange, const ReceivedContext& received) {
  const base::TraceContext context =
      trust_.value_or(exchange.is_from_trusted_proxy()) ? received.context : base::TraceContext();
  const base::TraceId id = context.parent ? context.parent->trace : base::random_trace_id();
  Arena& arena = exchange.arena();
  auto* const trace = arena.make<Trace>(arena, setup_, id, base::random_span_id());
  if (context.parent) trace->set_parent(context.parent->span, received.tracestate);
  trace->set_sampled(context.is_sampled.value_or(base::is_within_share(id, share_)), context.is_debug);
  return *trace;
}

const FilterType kTracingType = {
    {"tracing", "Makes each request a part of a trace.", &config::schema_of<TracingOptions>}, make};

}  // namespace outrigger::filters
