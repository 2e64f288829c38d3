#pragma once

#include <memory>

#include "base/pooled.h"
#include "net/transport.h"
#include "proxy/downstream/connection_context.h"

namespace outrigger::proxy {

// A connection that has to say first whose it is: waits for its PROXY header, at most `timeouts.request_head`, then
// hands it over to the listener's protocol with the client's address. The header is looked at where it lies in the
// kernel, so that TLS behind it finds its own first byte. A connection from an address that is not to be trusted, or
// without a good header, is closed: counted by reason, and said now and then.
class ProxyHeaderReader final : public Pooled<ProxyHeaderReader>,
                                public ClientConnection,
                                private Wakeable,
                                private Deadline,
                                private Deferred {
 public:
  // Takes over an accepted connection; it deletes itself when it is done.
  static void begin(ConnectionContext& context, ListenerPlace& place, std::unique_ptr<net::Transport> transport,
                    const net::Address& peer, ConnectionPermit permit);
  void drain() override { close(); }
  bool has_lost_listener() const override { return place_.now == nullptr; }
  void destroy() override { delete this; }

 private:
  ProxyHeaderReader(ConnectionContext& context, ListenerPlace& place, std::unique_ptr<net::Transport> transport,
                    const net::Address& peer, ConnectionPermit permit);
  ~ProxyHeaderReader() = default;

  void wake() override { read(); }
  void expired() override;
  void run_deferred() override { delete this; }
  void read();
  void go_on(const net::ProxyHeader& header);
  void refuse(HeaderRefusal reason, std::string_view why);
  void close();

  ConnectionContext& context_;
  ListenerPlace& place_;
  std::unique_ptr<net::Transport> transport_;
  net::Address peer_;
  ConnectionPermit permit_;
};

}  // namespace outrigger::proxy
