#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "net/address.h"

// The header with which a balancer says whose connection it passes on: the PROXY protocol, versions 1 (a line) and 2
// (binary). haproxy.org, doc/proxy-protocol.txt, sections 2.1 and 2.2. No sockets here.
namespace outrigger::net {

// Where a connection comes from and where it was made to.
struct Ends {
  Address source;
  Address destination;
};

struct ProxyHeader {
  enum class Status : unsigned char { need_more, complete, failed };
  Status status;
  std::size_t size = 0;        // when complete: bytes of the header, the next one is the client's
  std::optional<Ends> ends{};  // nothing: the connection's own (LOCAL, UNKNOWN, families that are not IP)
  std::string_view reason{};   // when failed; static
};

// The most that a header may have with its additions (TLVs), which are skipped unread.
inline constexpr std::size_t kMostProxyHeader = 4096;

// Reads the header that `bytes` begin with. Fails as early as it can be told.
// Stricter than the text: one space between the words of version 1, numbers without leading zeros, and a port for each
// address.
ProxyHeader parse_proxy_header(std::string_view bytes);

// The header for a connection between these ends; null: one that is made by us alone, such as a health check. Ends that
// are not both IP are unknown. IPv4 addresses in IPv6's clothes are written as IPv4 where both are.
std::string proxy_header_v1(const Ends* ends);
std::string proxy_header_v2(const Ends* ends);

}  // namespace outrigger::net
