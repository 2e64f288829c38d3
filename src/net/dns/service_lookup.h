#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/dns/channel.h"
#include "net/dns/services.h"

namespace outrigger::net::dns {

// Somebody waits for the services behind a name. Destroying it cancels, also inside its own callback. Thread: its
// worker.
class ServiceLookup final : private Deadline {
 public:
  struct Limits {
    Duration deadline, shortest_ttl, longest_ttl;
  };

  // Calls `done` once, from an event, within the deadline. The TTL is clamped to the limits, an error is a sentence.
  ServiceLookup(EventLoop& loop, Channel& channel, const std::string& name, const Limits& limits,
                std::function<void(Services)> done);
  ServiceLookup(const ServiceLookup&) = delete;
  ServiceLookup& operator=(const ServiceLookup&) = delete;
  ~ServiceLookup() { *self_ = nullptr; }

 private:
  void take(Services answer);
  void deliver();
  void expired() override { take({.error = "the DNS server did not answer in time"}); }

  std::string name_;
  Limits limits_;
  std::function<void(Services)> done_;
  Services answer_;
  std::shared_ptr<ServiceLookup*> self_;  // for the channel, which can't be told to forget
  Timer delivery_;
};

}  // namespace outrigger::net::dns
