#pragma once

#include <memory>
#include <optional>
#include <string>

#include "server/accepted.h"
#include "server/connection_balance.h"
#include "server/listen_sockets.h"

namespace outrigger::server {

// Accepts for one listener on one loop and begins its connections. When descriptors run out it pauses and goes on by
// itself; connections that are open are not touched. Thread: the loop's.
class Acceptor final : private Wakeable {
 public:
  // `index` chooses the socket; `certificate` null: plain text; `balance` null: there is one loop only.
  Acceptor(proxy::ConnectionContext& context, const std::string& name, std::shared_ptr<ListenSockets> sockets,
           std::size_t index, std::shared_ptr<net::tls::ServerContext> certificate,
           ConnectionBalance* balance = nullptr);

  const std::shared_ptr<ListenSockets>& sockets() const { return sockets_; }
  // For the connections from now on.
  void set_certificate(std::shared_ptr<net::tls::ServerContext> certificate) { certificate_ = std::move(certificate); }
  // Accepts what the kernel has queued, before the socket is closed: those clients were told that they are connected.
  void accept_queued();

 private:
  void wake() override;
  // False when nothing more is queued, or nothing can be accepted now.
  bool accept_one();
  // Nothing: a limit is reached, and we look again soon.
  std::optional<proxy::ConnectionPermit> take_places();
  void pause();
  void begin(Accepted accepted);

  proxy::ConnectionContext& context_;
  proxy::ListenerPlace& place_;
  std::shared_ptr<ListenSockets> sockets_;
  std::shared_ptr<net::tls::ServerContext> certificate_;
  ConnectionBalance* balance_;
  FdWatch watch_;
  Timer pause_;
};

}  // namespace outrigger::server
