#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "filters/tracing/trace.h"
#include "outrigger/filter.h"

namespace outrigger::filters {

// What is not set here is as the block `tracing:` has it.
struct TracingOptions {
  std::optional<config::Exporter> exporter;
  std::optional<Share> sample;
  std::optional<bool> sample_errors;
  std::vector<config::Propagation> propagation;
  std::optional<bool> trust;
};
void describe(config::Schema<TracingOptions>& schema);

// The options with what `defaults` (null: none) say where they say nothing.
TracingOptions merged(TracingOptions options, const config::Tracing* defaults);

// Makes each request a part of a trace, tells its service so, and sends what happened to a collector. Thread: one
// instance per worker.
class Tracing : public Filter {
 public:
  // `sink` null: nobody is told.
  Tracing(const TracingOptions& options, std::unique_ptr<SpanSink> sink);
  // No coroutine: what it wants to know comes to its Trace.
  [[clang::coro_wrapper]] Task<Response> handle(Exchange& exchange, Next next) override;
  void refused(Exchange& exchange) override { join(exchange); }

 private:
  void join(Exchange& exchange);
  Trace& begin(Exchange& exchange, const ReceivedContext& received);

  const std::optional<bool> trust_;
  const double share_;
  const Propagated propagated_;
  const std::unique_ptr<SpanSink> sink_;
  const Trace::Setup setup_;
};

extern const FilterType kTracingType;

}  // namespace outrigger::filters
