#include "proxy/downstream/serve.h"

#include "proxy/downstream/proxy_header_reader.h"
#include "proxy/downstream/server_connection.h"
#include "proxy/downstream/tcp_connection.h"

namespace outrigger::proxy {

void serve(ConnectionContext& context, ListenerPlace& place, std::unique_ptr<net::Transport> transport,
           const net::Address& peer, ConnectionPermit permit) {
  if (place.now != nullptr && place.now->settings.proxy_protocol) {
    return ProxyHeaderReader::begin(context, place, std::move(transport), peer, std::move(permit));
  }
  serve_protocol(context, place, std::move(transport), peer, std::move(permit));
}

void serve_protocol(ConnectionContext& context, ListenerPlace& place, std::unique_ptr<net::Transport> transport,
                    const net::Address& client, ConnectionPermit permit) {
  if (place.now != nullptr && place.now->settings.protocol == config::ListenerProtocol::tcp) {
    return TcpConnection::begin(context, place, std::move(transport), client, std::move(permit));
  }
  ServerConnection::begin(context, place, std::move(transport), client, std::move(permit));
}

}  // namespace outrigger::proxy
