#pragma once

#include <memory>

#include "net/transport.h"
#include "proxy/downstream/connection_context.h"

namespace outrigger::proxy {

// Serves an accepted connection as its listener says: reads the PROXY header where there is one, and goes on with the
// listener's protocol. `peer` is the socket's, and the client's where no header comes. Thread: the context's.
void serve(ConnectionContext& context, ListenerPlace& place, std::unique_ptr<net::Transport> transport,
           const net::Address& peer, ConnectionPermit permit);
// The same behind the header, or where there is none.
void serve_protocol(ConnectionContext& context, ListenerPlace& place, std::unique_ptr<net::Transport> transport,
                    const net::Address& client, ConnectionPermit permit);

}  // namespace outrigger::proxy
