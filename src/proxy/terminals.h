#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "outrigger/filter.h"
#include "proxy/active_exchange.h"

namespace outrigger::proxy {

// The way into an upstream's chain from somewhere else than a route.
class UpstreamEntry final : public Filter {
 public:
  // Both live as long as this; the chain may be finished later.
  UpstreamEntry(std::string_view upstream, const Chain& chain) : upstream_(upstream), chain_(chain) {}
  [[clang::coro_wrapper]] Task<Response> handle(Exchange& exchange, Next) override {
    static_cast<ActiveExchange&>(exchange).set_upstream(upstream_);
    return Next(chain_.first())(exchange);
  }

 private:
  std::string_view upstream_;
  const Chain& chain_;
};

// Chooses one of several upstreams by weight.
class SplitCall final : public Filter {
 public:
  struct Part {
    std::string_view upstream;  // a name that lives as long as the chain
    const Link* chain;
    std::uint32_t weight;
  };
  explicit SplitCall(std::vector<Part> parts) : parts_(std::move(parts)) {
    for (const Part& part : parts_) total_ += part.weight;
  }
  [[clang::coro_wrapper]] Task<Response> handle(Exchange& exchange, Next) override {
    const Part& part = choose();
    static_cast<ActiveExchange&>(exchange).set_upstream(part.upstream);
    return Next(part.chain)(exchange);
  }

 private:
  const Part& choose() const {
    std::uint64_t at = random_below(total_);
    for (const Part& part : parts_) {
      if (at < part.weight) return part;
      at -= part.weight;
    }
    return parts_.back();
  }

  std::vector<Part> parts_;
  std::uint64_t total_ = 0;
};

}  // namespace outrigger::proxy
