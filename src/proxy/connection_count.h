#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "proxy/client_connections.h"

namespace outrigger::proxy {

// The open connections of one listener in the whole process, or those that still shake hands. Thread: any.
class ConnectionCount {
 public:
  // True if there were fewer than `limit` (0: any number); give_back() must follow then.
  bool take(std::uint32_t limit) {
    const std::uint32_t before = open_.fetch_add(1, std::memory_order_relaxed);
    if (limit == 0 || before < limit) return true;
    give_back();
    return false;
  }
  void give_back() { open_.fetch_sub(1, std::memory_order_relaxed); }
  // The same by client.
  ClientConnections& clients() { return clients_; }

 private:
  std::atomic<std::uint32_t> open_{0};
  ClientConnections clients_;
};

// A connection's place in the counts, given back when destroyed. Move-only.
class ConnectionPermit {
 public:
  ConnectionPermit() = default;
  // Owns a place that was taken.
  explicit ConnectionPermit(std::shared_ptr<ConnectionCount> count) : count_(std::move(count)) {}
  ConnectionPermit(ConnectionPermit&&) noexcept = default;
  ConnectionPermit& operator=(ConnectionPermit&&) = delete;
  ~ConnectionPermit() {
    end_handshake();
    if (!count_) return;
    if (client_ != kNoClient) count_->clients().give_back(client_);
    count_->give_back();
  }
  // Owns a place among those of the client, too.
  void add(ClientKey client) { client_ = client; }
  // Owns a place among the handshakes, until its own ends.
  void begin_handshake(std::shared_ptr<ConnectionCount> handshakes) { handshakes_ = std::move(handshakes); }
  void end_handshake() {
    if (const auto handshakes = std::exchange(handshakes_, nullptr)) handshakes->give_back();
  }

 private:
  std::shared_ptr<ConnectionCount> count_, handshakes_;
  ClientKey client_ = kNoClient;
};

}  // namespace outrigger::proxy
