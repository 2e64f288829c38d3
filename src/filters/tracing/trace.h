#pragma once

#include <optional>

#include "filters/tracing/propagation.h"
#include "filters/tracing/span.h"
#include "outrigger/exchange.h"
#include "outrigger/grpc.h"
#include "outrigger/trace.h"

namespace outrigger::filters {

// One sending of a request: a client's span. In the arena.
class Try final : public BodyWatcher {
 public:
  Try(Exchange& exchange, const TryPeer& peer, std::uint64_t span);
  // What came of it; `response` null: nothing, because of `failure`.
  void answered(Response* response, Failure failure);
  // The exchange is over and so is this; because of `failure`, unless it had its answer.
  void close(Failure failure);
  void on_body_end(const Body& body) noexcept override;

  // `number`: how many there were before.
  void describe(Span& span, std::int64_t number, Arena& arena) const;
  bool has_failed() const;
  std::optional<grpc::Status> grpc_status() const { return grpc_status_; }
  std::uint64_t span() const { return span_; }
  Instant begin() const { return begin_; }
  Instant end() const { return end_; }
  Try* next = nullptr;

 private:
  void end_now();
  std::string_view url(std::string_view scheme, Arena& arena) const;

  Exchange& exchange_;
  TryPeer peer_;
  std::uint64_t span_;
  Instant begin_, end_{};
  bool has_ended_ = false;
  std::string_view method_, target_, authority_, upstream_;
  bool is_known_method_, is_call_;
  std::uint16_t status_ = 0;
  Version version_{};
  Failure failure_ = Failure::none;
  std::optional<grpc::Status> grpc_status_;
  Body* body_ = nullptr;
};

// The part of a trace that happens here: a server's span, and a client's one for each try. In the arena of its
// exchange, which it describes when it ends. Thread: the worker.
class Trace final : public RequestTrace, public Finisher {
 public:
  // What does not change from request to request; lives as long as the configuration.
  struct Setup {
    const Propagated& propagated;
    SpanSink* sink;  // null: none
    bool sample_errors;
  };
  Trace(Arena& arena, const Setup& setup, base::TraceId trace, std::uint64_t span);
  // Who sent the request: `parent`, whose vendors said `tracestate`.
  void set_parent(std::uint64_t parent, std::string_view tracestate);
  void set_sampled(bool is_sampled, bool is_debug);
  // What turns an Instant of this trace into nanoseconds since 1970.
  void set_epoch(std::uint64_t epoch) { epoch_ = epoch; }
  bool is_of(const Setup& setup) const { return &setup_ == &setup; }
  // Tells the service, until a try of its own does.
  void write(Headers& headers) const { write(headers, span_number_, parent_); }

  void try_begins(Exchange& exchange, const TryPeer& peer) override;
  void try_ends(Exchange& exchange, Response* response, Failure failure) override;
  void follow(Exchange& detached) const override;
  void finish(Exchange& exchange, const Outcome& outcome) noexcept override;

 private:
  void write(Headers& headers, std::uint64_t self, std::uint64_t parent) const;
  Span make_span() const;
  void write_tries(Exchange& exchange);
  bool is_error(const Outcome& outcome) const;
  void describe(Span& span, Exchange& exchange, const Outcome& outcome) const;

  const Setup& setup_;
  const base::TraceId trace_;
  const std::uint64_t span_number_;
  std::uint64_t parent_ = 0;
  std::string_view tracestate_;
  std::uint64_t epoch_ = 0;
  bool is_sampled_ = false, is_debug_ = false;
  bool is_detached_ = false;  // has no server's span of its own
  Try* first_try_ = nullptr;
  Try* last_try_ = nullptr;
};

}  // namespace outrigger::filters
