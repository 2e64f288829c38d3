#pragma once

#include "outrigger/filter.h"

namespace outrigger::server {

class Server;

// What `status:` serves: /metrics (Prometheus text), /livez (every worker answers), /readyz (503 from the moment the
// process begins to drain, and while the app of `run --exec` is not up; says when the latest reload failed) and
// /startupz. Read-only. Thread: the main one.
class StatusPages final : public Filter {
 public:
  explicit StatusPages(Server& server) : server_(server) {}
  Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  Task<Response> livez(Exchange& exchange);
  Response readyz(Exchange& exchange);

  Server& server_;
};

}  // namespace outrigger::server
