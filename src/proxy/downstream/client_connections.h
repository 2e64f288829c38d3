#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "net/address.h"
#include "outrigger/clock.h"

namespace outrigger::proxy {

// Who counts as one client: an IPv4 address, also one in IPv6's clothes (RFC 4291 section 2.5.5.2), or the /64 that an
// IPv6 address lies in, for that is what a single site gets. Nothing: a peer on a Unix socket.
using ClientKey = std::uint64_t;
inline constexpr ClientKey kNoClient = UINT64_MAX;  // a multicast prefix
std::optional<ClientKey> client_key(const net::Address& peer);

// When to write a line about connections that are refused, which may be many. Thread: any.
class RefusalLines {
 public:
  // One was refused. A number: it is time for a line in the log, and so many were refused since the latest.
  std::optional<std::uint64_t> count(Instant now);

 private:
  std::atomic<std::uint64_t> refused_{0};  // since the latest line
  std::atomic<Duration::rep> next_line_{0};
};

// The open connections of one listener in the whole process by client, as far as they began under a limit. Thread: any;
// a call takes the lock of one of 16 shards.
class ClientConnections {
 public:
  // True if the client had fewer than `limit`; give_back() must follow then.
  bool take(ClientKey client, std::uint32_t limit);
  void give_back(ClientKey client);
  RefusalLines& refusals() { return refusals_; }

 private:
  struct Shard {
    std::mutex mutex;
    std::unordered_map<ClientKey, std::uint32_t> open;  // guarded by mutex; none at zero
  };
  Shard& shard(ClientKey client) { return shards_[(client * 0x9E3779B97F4A7C15U) >> 60U]; }

  std::array<Shard, 16> shards_;
  RefusalLines refusals_;
};

}  // namespace outrigger::proxy
