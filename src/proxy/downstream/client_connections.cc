#include "proxy/downstream/client_connections.h"

#include <netinet/in.h>

namespace outrigger::proxy {

namespace {

constexpr Duration kBetweenLines = std::chrono::seconds(10);

std::uint64_t number(const std::uint8_t* bytes, int count) {
  std::uint64_t value = 0;
  for (int i = 0; i < count; ++i) value = value << 8U | bytes[i];
  return value;
}

}  // namespace

// The two families share the numbers: the prefixes that IPv4 addresses look like are reserved (RFC 4291 section 2.4).
std::optional<ClientKey> client_key(const net::Address& peer) {
  if (peer.family() == AF_INET) return ntohl(reinterpret_cast<const sockaddr_in*>(peer.get())->sin_addr.s_addr);
  if (peer.family() != AF_INET6) return std::nullopt;
  const in6_addr& address = reinterpret_cast<const sockaddr_in6*>(peer.get())->sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&address)) return number(address.s6_addr + 12, 4);
  return number(address.s6_addr, 8);
}

bool ClientConnections::take(ClientKey client, std::uint32_t limit) {
  Shard& place = shard(client);
  std::lock_guard lock(place.mutex);
  std::uint32_t& open = place.open[client];
  if (open >= limit) return false;
  ++open;
  return true;
}

void ClientConnections::give_back(ClientKey client) {
  Shard& place = shard(client);
  std::lock_guard lock(place.mutex);
  const auto found = place.open.find(client);
  if (found != place.open.end() && --found->second == 0) place.open.erase(found);
}

std::optional<std::uint64_t> RefusalLines::count(Instant now) {
  refused_.fetch_add(1, std::memory_order_relaxed);
  Duration::rep due = next_line_.load(std::memory_order_relaxed);
  if (now.time_since_epoch().count() < due) return std::nullopt;
  const auto next = (now + kBetweenLines).time_since_epoch().count();
  if (!next_line_.compare_exchange_strong(due, next, std::memory_order_relaxed)) return std::nullopt;
  return refused_.exchange(0, std::memory_order_relaxed);
}

}  // namespace outrigger::proxy
