#pragma once

#include <cstdint>
#include <optional>

#include "outrigger/filter.h"
#include "proxy/active_exchange.h"
#include "proxy/calls/slot.h"
#include "proxy/routing/hash_key.h"
#include "upstream/cluster.h"

namespace outrigger::proxy {

class Call;
class Stream;

// The innermost link: sends the request to an endpoint and gives its answer. Waits for a slot, takes or makes a
// connection. Once a try, and only while nothing was processed, it goes again by itself: on a fresh connection where a
// kept one turned out to be closed or the service refused the request unseen, or to another endpoint where the first
// could not be reached.
class UpstreamCall final : public Filter {
 public:
  explicit UpstreamCall(std::shared_ptr<upstream::Cluster> cluster)
      : cluster_(std::move(cluster)), hash_key_(cluster_->settings().load_balancing.hash_on) {}
  Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  struct Result {
    Failure failure = Failure::none;
    bool is_replayable = false;  // on another connection: a kept one failed before the service said anything, or the
                                 // service did not look at the request
    std::uint32_t on = 0;        // serial number of the shared connection
    std::string_view detail{};
    std::optional<Response> response{};
  };
  // What keeps the request at its endpoint.
  struct Affinity {
    std::optional<std::uint64_t> hash;
    std::string_view new_cookie;  // that the client gets with the answer; empty: none
  };
  Affinity affinity_of(ActiveExchange& exchange) const;
  // Each gives slot and pick to the response's stream when there is a response. `fresh`: on a new connection, or a
  // shared one that is newer than `than`.
  [[clang::coro_wrapper]] Task<Result> attempt(ActiveExchange& exchange, upstream::Pick& pick, Slot& slot, bool fresh,
                                               std::uint32_t than = 0);
  // On a connection of its own: `given`, or where that is null a kept or a new one.
  Task<Result> attempt_alone(ActiveExchange& exchange, upstream::Pick& pick, Slot& slot, bool fresh,
                             std::unique_ptr<upstream::Connection>* given);
  // Where the service may speak HTTP/2.
  Task<Result> attempt_either(ActiveExchange& exchange, upstream::Pick& pick, Slot& slot, bool fresh,
                              std::uint32_t than);
  Task<Result> attempt_shared(ActiveExchange& exchange, upstream::Pick& pick, Slot& slot,
                              upstream::SharedConnection& connection);
  using StreamPointer = std::unique_ptr<Stream, InArena>;
  static Result served(StreamPointer stream, upstream::Pick& pick, Slot& slot, Duration took);
  // What the service says of itself in the head.
  void correct(const ActiveExchange& exchange, ResponseHead& head) const;
  Task<Failure> await_head(ActiveExchange& exchange, Call& call);
  upstream::Pick choose(ActiveExchange& exchange, const Affinity& affinity, bool only_untried, bool& is_refused) const;
  // For who follows the tries: the latest has ended, or its answer has begun.
  static void end_try(ActiveExchange& exchange, Instant begun, Result& result);
  static void end(upstream::Pick& pick, const Result& result, Duration took);
  bool may_go_elsewhere(const ActiveExchange& exchange, Failure failure) const;
  Response no_endpoint(ActiveExchange& exchange, bool is_refused) const;
  Response refuse(ActiveExchange& exchange, Failure failure, std::string_view detail = {}) const;

  std::shared_ptr<upstream::Cluster> cluster_;
  HashKey hash_key_;
};

}  // namespace outrigger::proxy
