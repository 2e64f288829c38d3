#pragma once

#include <optional>

#include "outrigger/filter.h"
#include "proxy/active_exchange.h"
#include "proxy/slot.h"
#include "upstream/cluster.h"

namespace outrigger::proxy {

class Stream;

// The innermost link: sends the request to an endpoint and gives its answer. Waits for a slot, takes or makes a
// connection, and repeats once on a fresh connection where a kept one turned out to be closed and nothing was
// processed.
class UpstreamCall final : public Filter {
 public:
  explicit UpstreamCall(std::shared_ptr<upstream::Cluster> cluster) : cluster_(std::move(cluster)) {}
  Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  struct Result {
    Failure failure = Failure::none;
    std::string_view detail{};
    bool was_reused = false;  // failed on a kept connection before the service said anything
    std::optional<Response> response{};
  };
  Task<Result> attempt(ActiveExchange& exchange, std::shared_ptr<upstream::Endpoint> endpoint, Slot& slot, bool fresh);
  Task<Failure> await_head(ActiveExchange& exchange, Stream& stream);
  Response refuse(ActiveExchange& exchange, Failure failure, std::string_view detail = {}) const;

  std::shared_ptr<upstream::Cluster> cluster_;
};

}  // namespace outrigger::proxy
