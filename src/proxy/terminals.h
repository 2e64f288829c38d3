#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "outrigger/filter.h"
#include "proxy/active_exchange.h"

// The ends of a route's chain besides an upstream.
namespace outrigger::proxy {

// Chooses one of several upstreams by weight.
class SplitCall final : public Filter {
 public:
  struct Part {
    const Link* chain;
    std::uint32_t weight;
  };
  explicit SplitCall(std::vector<Part> parts) : parts_(std::move(parts)) {
    for (const Part& part : parts_) total_ += part.weight;
  }
  [[clang::coro_wrapper]] Task<Response> handle(Exchange& exchange, Next) override {
    std::uint64_t at = random_below(total_);
    for (const Part& part : parts_) {
      if (at < part.weight) return Next(part.chain)(exchange);
      at -= part.weight;
    }
    return Next(parts_.back().chain)(exchange);
  }

 private:
  std::vector<Part> parts_;
  std::uint64_t total_ = 0;
};

// `respond:` of a route.
class RespondCall final : public Filter {
 public:
  explicit RespondCall(config::RespondAction action) : action_(std::move(action)) {}
  Task<Response> handle(Exchange& exchange, Next) override {
    Response response = exchange.respond(action_.status, action_.body, "text/plain; charset=utf-8");
    for (const auto& [name, value] : action_.headers) response.headers().set(name, value);
    co_return response;
  }

 private:
  config::RespondAction action_;
};

// `redirect:` of a route: ${host}, ${path} and ${query} are the request's.
class RedirectCall final : public Filter {
 public:
  explicit RedirectCall(config::RedirectAction action) : action_(std::move(action)) {}
  Task<Response> handle(Exchange& exchange, Next) override {
    std::string to = action_.to;
    const RequestHead& request = exchange.request();
    const std::pair<std::string_view, std::string_view> variables[] = {{"${host}", request.host()},
                                                                       {"${path}", request.path()},
                                                                       {"${query}", request.query()},
                                                                       {"${target}", request.target}};
    for (const auto& [name, value] : variables) {
      for (auto at = to.find(name); at != std::string::npos; at = to.find(name, at + value.size())) {
        to.replace(at, name.size(), value);
      }
    }
    Response response = exchange.respond(action_.status, "", "");
    response.headers().set("Location", exchange.arena().copy(to));
    co_return response;
  }

 private:
  config::RedirectAction action_;
};

}  // namespace outrigger::proxy
