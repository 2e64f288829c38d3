#pragma once

#include <optional>

#include "outrigger/filter.h"
#include "proxy/active_exchange.h"
#include "proxy/slot.h"
#include "upstream/cluster.h"

namespace outrigger::proxy {

// The innermost link: sends the request to an endpoint and gives its answer. Waits for a slot, takes or makes a
// connection, and repeats once on a fresh connection where a kept one turned out to be closed and nothing was
// processed.
class UpstreamCall final : public Filter {
 public:
  explicit UpstreamCall(std::shared_ptr<upstream::Cluster> cluster) : cluster_(std::move(cluster)) {}
  Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  struct Result {
    Failure failure;
    bool was_reused;  // a kept connection that turned out to be closed
    std::optional<Response> response;
  };
  Task<Result> attempt(ActiveExchange& exchange, upstream::Endpoint& endpoint, Slot& slot, bool fresh);
  std::shared_ptr<upstream::Cluster> cluster_;
};

}  // namespace outrigger::proxy
