#pragma once

#include <string_view>
#include <vector>

#include "base/cidr.h"
#include "outrigger/headers.h"

namespace outrigger::proxy {

// In place of an address where the peer has none, on a Unix socket. net::Address::ip().
inline constexpr std::string_view kUnixPeer = "unix:";

// Whom a listener believes what it says about the client.
struct TrustedProxies {
  std::vector<base::Cidr> blocks;
  bool unix_peers = false;  // whoever may open our Unix socket

  bool contains(std::string_view ip) const;
};

struct ClientAddress {
  std::string_view ip;  // without port and brackets; a view into `peer_ip` or the fields
  bool peer_is_trusted = false;
};

// Where a request came from: the peer, or, if that is a trusted proxy, the rightmost address of X-Forwarded-For that no
// trusted proxy vouches for. Every field counts, in order. What is no address (`unknown`, garbage) ends the walk: the
// client is then the one who wrote it down.
// Cost: nothing where nobody is trusted.
ClientAddress find_client(std::string_view peer_ip, const Headers& headers, const TrustedProxies& trusted);

// Takes out what a client may claim only through a trusted proxy: who it is and how it came. That is Forwarded, every
// X-Forwarded-*, also with underscores, and the like. Cost: one look at each field.
void drop_claims(Headers& headers);

}  // namespace outrigger::proxy
