#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "outrigger/stats.h"
#include "proxy/downstream/client_connections.h"

namespace outrigger::proxy {

// How many there are of something, up to a limit. Thread: any.
class Places {
 public:
  // True if there were fewer than `limit` (0: any number); give_back() must follow then.
  bool take(std::uint32_t limit) {
    const std::uint32_t before = taken_.fetch_add(1, std::memory_order_relaxed);
    if (limit == 0 || before < limit) return true;
    give_back();
    return false;
  }
  void give_back() { taken_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint32_t> taken_{0};
};

// The connections of one listener in the whole process. Thread: any.
struct ConnectionCount {
  Places open;
  Places handshakes;  // those of `open` that are not through with theirs
  ClientConnections clients;
  RefusalLines header_refusals;  // for their PROXY header
};

// A connection's places in the counts, given back when destroyed. Move-only.
class ConnectionPermit {
 public:
  ConnectionPermit() = default;
  // Owns a place among the open ones that was taken.
  explicit ConnectionPermit(std::shared_ptr<ConnectionCount> count) : count_(std::move(count)) {}
  ConnectionPermit(ConnectionPermit&& other) noexcept
      : count_(std::move(other.count_)),
        client_(other.client_),
        open_(std::exchange(other.open_, {})),
        shakes_hands_(std::exchange(other.shakes_hands_, false)) {}
  ConnectionPermit& operator=(ConnectionPermit&&) = delete;
  ~ConnectionPermit() {
    open_.add(-1);
    if (!count_) return;
    end_handshake();
    if (client_ != kNoClient) count_->clients.give_back(client_);
    count_->open.give_back();
  }
  // Counts the connection as open, in its listener's metrics.
  void count_in(stats::Gauge open) {
    open_ = open;
    open_.add(1);
  }
  // Owns a place among those of the client, too.
  void add(ClientKey client) { client_ = client; }
  // Owns a place among the handshakes that was taken, until its own ends.
  void begin_handshake() { shakes_hands_ = true; }
  void end_handshake() {
    if (std::exchange(shakes_hands_, false)) count_->handshakes.give_back();
  }

 private:
  std::shared_ptr<ConnectionCount> count_;
  ClientKey client_ = kNoClient;
  stats::Gauge open_;
  bool shakes_hands_ = false;
};

}  // namespace outrigger::proxy
