#include "server/accepted.h"

#include <unistd.h>

#include <utility>

#include "net/tls/tls_transport.h"
#include "proxy/downstream/serve.h"

namespace outrigger::server {

Accepted::Accepted(Accepted&& other) noexcept
    : fd(std::exchange(other.fd, -1)), peer(other.peer), permit(std::move(other.permit)) {}

Accepted::~Accepted() {
  if (fd >= 0) ::close(fd);
}

void Accepted::begin(proxy::ConnectionContext& context, proxy::ListenerPlace& place,
                     std::shared_ptr<net::tls::ServerContext> certificate) && {
  const int taken = std::exchange(fd, -1);
  std::unique_ptr<net::Transport> transport;
  if (certificate) {
    transport = net::tls::accept(context.loop, taken, std::move(certificate));
  } else {
    transport = std::make_unique<net::Socket>(context.loop, taken);
  }
  proxy::serve(context, place, std::move(transport), peer, std::move(permit));
}

}  // namespace outrigger::server
