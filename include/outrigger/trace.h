#pragma once

#include <string_view>

#include "outrigger/failure.h"

namespace outrigger {

class Exchange;
class Response;

// Where a try goes.
struct TryPeer {
  std::string_view endpoint;  // as Exchange::endpoint: "app.internal:8080", "unix:/run/app.sock"
  std::string_view address;   // its IP, where only one is possible; else empty
  bool is_tls = false;
};

// The trace that a request is a part of, as `tracing` made it, and who follows the request's tries for it. Lives as
// long as the exchange. Thread: its worker.
class RequestTrace {
 public:
  // 32 lower-case hexadecimal digits.
  std::string_view trace_id() const { return trace_id_; }
  // 16 of them: what is done for the request here.
  std::string_view span_id() const { return span_id_; }
  // Will it tell anybody? If not, the next two need not be called.
  bool is_recording() const { return is_recording_; }
  // Can it be found where traces are collected? That it will because the request failed is known once that is over.
  bool is_kept() const { return is_kept_; }

  // The request is about to be sent, as it stands; its fields may be changed. For each time that it is sent.
  virtual void try_begins(Exchange& exchange, const TryPeer& peer) = 0;
  // What came of the last one: an answer's head, or none (null) because of `failure`.
  virtual void try_ends(Exchange& exchange, Response* response, Failure failure) = 0;
  // `detached` asks the service in this request's place, and may live longer: it gets a trace of its own, whose tries
  // belong to this request.
  virtual void follow(Exchange& detached) const = 0;

 protected:
  ~RequestTrace() = default;

  std::string_view trace_id_, span_id_;
  bool is_recording_ = false;
  bool is_kept_ = false;
};

}  // namespace outrigger
