#pragma once

#include "outrigger/exchange.h"
#include "outrigger/grpc.h"
#include "proxy/downstream/grpc_stats.h"

namespace outrigger::proxy {

// A client's call of gRPC as its stream sees it: notes what it comes to, and counts it at its end.
class GrpcCall final : private Finisher {
 public:
  explicit GrpcCall(GrpcStats& stats) : stats_(stats) {}
  void begin(Exchange& exchange) { exchange.add_finisher(*this); }
  // Fields that may say what it came to: a head, and later trailers. The last word counts.
  void note(const Headers& fields) {
    if (const auto status = grpc::status_of(fields)) status_ = status;
  }

 private:
  void finish(Exchange& exchange, const Outcome& outcome) noexcept override {
    const auto unsaid = outcome.failure == Failure::request_timeout          ? grpc::Status::deadline_exceeded
                        : describe(outcome.failure).side == Side::downstream ? grpc::Status::cancelled
                                                                             : grpc::Status::unknown;
    const auto status = outcome.cut ? unsaid : status_.value_or(unsaid);
    const bool is_known = !outcome.local && status_ && *status_ != grpc::Status::unimplemented;
    stats_.count(exchange.original_target(), is_known, status, outcome.duration);
  }

  GrpcStats& stats_;
  std::optional<grpc::Status> status_;
};

}  // namespace outrigger::proxy
