#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "outrigger/stats.h"
#include "proxy/records/tap.h"

namespace outrigger::proxy {

// Keeps the last requests of one worker that failed, were refused, were slow, or came by sampling, each kind apart, and
// shows those that end to the taps. A request that is neither costs a few comparisons. Thread: the worker's.
class Recorder {
 public:
  explicit Recorder(const config::KeptRequests& settings);
  void apply(const config::KeptRequests& settings);

  // A request is over.
  void look(const Exchange& exchange, const Outcome& outcome) {
    const bool is_refused = is_refusal(outcome);
    const KeptBecause because{!is_refused && is_failed(outcome), is_refused, is_slow(exchange, outcome), is_sampled()};
    if (because != KeptBecause{} || !taps_.empty()) [[unlikely]] {
      record(exchange, outcome, because);
    }
  }

  using Records = std::vector<std::shared_ptr<const Record>>;
  // By the request's id or the record's number, the latest first; none: it is not kept.
  Records find(std::string_view id) const;
  // At most `most`, the latest first.
  Records list(const RecordFilter& filter, std::size_t most) const;
  // Shows it every request that it wants, until it is closed.
  void add(std::shared_ptr<Tap> tap) { taps_.push_back(std::move(tap)); }

 private:
  // One of the kinds, the oldest first.
  struct Ring {
    // Counts one in; false: so many ended within this second that keeping more of them would only cost.
    bool admit(Instant now);
    std::deque<std::shared_ptr<const Record>> records;
    std::uint64_t bytes = 0;
    Instant second{};  // when counting began
    std::uint32_t admitted = 0;
    stats::Counter kept;
  };
  // A stranger can cause these, so they must not drive out what failed.
  static bool is_refusal(const Outcome& outcome) {
    if (outcome.failure == Failure::none) return false;
    const FailureInfo& failure = describe(outcome.failure);  // not the status: calls of gRPC fail with 200
    if (failure.side != Side::proxy) return failure.side == Side::downstream;
    return failure.status != 0 && failure.status < 500 && !outcome.cut;
  }
  static bool is_failed(const Outcome& outcome) {
    return outcome.failure != Failure::none || outcome.status >= 500 || outcome.cut;
  }
  bool is_slow(const Exchange& exchange, const Outcome& outcome) const;
  bool is_sampled() {
    credit_ += share_;
    if (credit_ < 1) return false;
    credit_ -= 1;
    return true;
  }
  void record(const Exchange& exchange, const Outcome& outcome, KeptBecause because);
  Ring* ring_of(const KeptBecause& because);
  void keep(Ring& ring, std::shared_ptr<const Record> record);
  void shrink(Ring& ring) const;

  Duration slower_than_{};
  double share_ = 0;
  double credit_ = 0;
  std::size_t most_ = 0;
  std::uint64_t most_bytes_ = 0;
  std::uint64_t count_ = 0;  // of records made
  std::array<Ring, kKeptKinds.size()> rings_;
  std::vector<std::shared_ptr<Tap>> taps_;
};

}  // namespace outrigger::proxy
