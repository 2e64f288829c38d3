#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "outrigger/filter.h"

namespace outrigger::server {

class Server;

// What `admin:` serves: the dashboard at /, the state of the process as JSON under /api, and what changes it by POST. A
// browser's request from another site is refused, by its Origin, its Sec-Fetch-Site, or a Host that is not this machine
// (DNS rebinding); only a link may lead to the dashboard. Where a token is configured every call needs it; the
// dashboard's files, which tell nothing, don't. Thread: the main one.
class AdminApi final : public Filter {
 public:
  explicit AdminApi(Server& server) : server_(server) {}
  Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  struct Call;
  static const Call kCalls[];

  bool is_authorized(const RequestHead& request) const;
  // Why the request is refused, or empty.
  std::string_view refusal(const RequestHead& request) const;

  Task<Response> index(Exchange& exchange);
  Task<Response> info(Exchange& exchange);
  Task<Response> config(Exchange& exchange);
  // request_calls.cc
  Task<Response> requests(Exchange& exchange);
  Task<Response> request(Exchange& exchange);
  Task<Response> tap(Exchange& exchange);

  Task<Response> metrics(Exchange& exchange);
  Task<Response> upstreams(Exchange& exchange);
  Task<Response> breakers(Exchange& exchange);
  Task<Response> force_breaker(Exchange& exchange);
  Task<Response> caches(Exchange& exchange);
  Task<Response> purge(Exchange& exchange);
  Task<Response> reload(Exchange& exchange);
  Task<Response> drain(Exchange& exchange);
  Task<Response> log_level(Exchange& exchange);
  Task<Response> set_log_level(Exchange& exchange);

  Server& server_;
  const std::shared_ptr<void> open_taps_ = std::make_shared<int>();  // each holds it
};

}  // namespace outrigger::server
