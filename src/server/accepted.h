#pragma once

#include <memory>
#include <string>

#include "net/tls/context.h"
#include "proxy/downstream/connection_context.h"

namespace outrigger::server {

// A connection on its way to the worker that will serve it; closed if none does.
struct Accepted {
  Accepted(int accepted_fd, const net::Address& client, proxy::ConnectionPermit permitted)
      : fd(accepted_fd), peer(client), permit(std::move(permitted)) {}
  Accepted(Accepted&& other) noexcept;
  Accepted& operator=(Accepted&&) = delete;
  ~Accepted();

  // Serves it on the worker of `context`, whose thread this is.
  void begin(proxy::ConnectionContext& context, proxy::ListenerPlace& place,
             std::shared_ptr<net::tls::ServerContext> certificate) &&;

  int fd;
  net::Address peer;
  proxy::ConnectionPermit permit;
};

}  // namespace outrigger::server
