#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "outrigger/clock.h"
#include "outrigger/failure.h"
#include "outrigger/grpc.h"

namespace outrigger {

// What a gate remembers of one pick: a number of its own choice.
using PickTicket = std::uint64_t;

// Filters of one upstream that may be gates; the loader refuses more.
inline constexpr std::size_t kMostFilterGates = 4;

// What one try at an endpoint came to.
struct TryOutcome {
  Failure failure = Failure::none;            // `none`: the service answered
  std::uint16_t status = 0;                   // of that answer
  std::optional<grpc::Status> grpc_status{};  // of an answer that holds nothing else
  Failure cut = Failure::none;                // why the answer broke off before its end
  bool is_left = false;                       // the client left while it waited for more: no head (`status` 0), or
                                              // content that had not ended
  Duration duration{};                        // that the service had the whole request and owed the head of the answer
  PickTicket ticket = 0;                      // what the gate that hears it gave to the pick
};

// Has a say in whether an endpoint gets requests: health checks, outlier ejection, a breaker for each endpoint. One for
// each endpoint on each worker; what the workers share stands behind it. Thread: its worker.
class EndpointGate {
 public:
  enum class Verdict : std::uint8_t {
    yes,
    avoid,  // only while no other endpoint may be picked
    no,
  };

  virtual ~EndpointGate() = default;
  // May it be picked? Asked for every candidate, so a few loads at most.
  virtual Verdict may_pick(Instant now) = 0;
  // It was picked: on_result or on_cancel with the ticket follows, once.
  virtual PickTicket on_pick(Instant /*now*/) { return 0; }
  // The answer's head is here; on_result follows at its end.
  virtual void on_answer(PickTicket /*ticket*/, Instant /*now*/) {}
  // When the answer has ended, or there is none. One that `is_left` is no success, and no failure of its own.
  virtual void on_result(const TryOutcome& outcome, Instant now) = 0;
  // Since when it says yes, for slow_start; the epoch: since ever.
  virtual Instant good_since() const { return {}; }
  // The try said nothing about the endpoint: the client left, or erred.
  virtual void on_cancel(PickTicket /*ticket*/) {}
};

// Makes the gates of one kind. Lives as long as the configuration it belongs to.
class EndpointGateMaker {
 public:
  virtual ~EndpointGateMaker() = default;
  // `endpoint` is its name: "10.0.0.1:80". Never null.
  virtual std::unique_ptr<EndpointGate> make_gate(std::string_view endpoint) = 0;
};

}  // namespace outrigger
