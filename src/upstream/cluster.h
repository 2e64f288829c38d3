#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "config/settings.h"
#include "net/address.h"
#include "upstream/connection.h"

namespace outrigger::upstream {

// One address of an upstream, with this worker's idle connections to it.
class Endpoint {
 public:
  Endpoint(std::string name, std::vector<net::Address> addresses, std::uint32_t weight);
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  const std::string& name() const { return name_; }
  // In the order in which they are tried; empty while the name does not resolve.
  const std::vector<net::Address>& addresses() const { return addresses_; }
  std::uint32_t weight() const { return weight_; }
  bool is_loopback() const { return !addresses_.empty() && addresses_.front().is_loopback(); }
  std::uint32_t active() const { return active_; }
  void begin() { ++active_; }
  void end() { --active_; }

  // The connection that was used last, or null. `check` asks the kernel whether the service closed it.
  std::unique_ptr<Connection> take_idle(bool check);
  void keep_idle(std::unique_ptr<Connection> connection, Duration limit);
  std::size_t idle() const { return idle_count_; }

 private:
  std::string name_;
  std::vector<net::Address> addresses_;
  std::uint32_t weight_;
  std::uint32_t active_ = 0;
  std::size_t idle_count_ = 0;
  IntrusiveList<Connection> idle_;
};

// What all workers share of one upstream: how many requests are in flight, and who waits for a slot.
// Thread: any; `acquire` and `release` are one atomic each while nobody waits.
class Slots {
 public:
  explicit Slots(const config::UpstreamLimits& limits) : limits_(limits) {}

  class Waiter : public ListNode<Waiter> {
   public:
    explicit Waiter(EventLoop& loop) : loop(loop) {}
    virtual void granted() = 0;  // called on the releasing thread, under the lock: only posts to `loop`
    EventLoop& loop;
    bool is_granted = false;  // guarded by the mutex of Slots

   protected:
    ~Waiter() = default;
  };

  bool acquire();
  void release();
  // Queues for a slot; false when the queue is full.
  bool enqueue(Waiter& waiter);
  // Gives up waiting, and a slot that was granted meanwhile.
  void abandon(Waiter& waiter);

  std::uint32_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }
  std::uint32_t queued() const { return queued_.load(std::memory_order_relaxed); }
  const config::UpstreamLimits& limits() const { return limits_; }

 private:
  const config::UpstreamLimits limits_;
  std::atomic<std::uint32_t> in_flight_{0};
  std::atomic<std::uint32_t> queued_{0};
  std::mutex mutex_;
  IntrusiveList<Waiter> waiters_;  // guarded by mutex_
};

// Everything that pools and slots depend on, in normal form: equal text, and a reload keeps them.
std::string fingerprint(const config::Upstream& settings);

// One upstream on one worker: endpoints, balancing, pools.
class Cluster {
 public:
  Cluster(const config::Upstream& settings, std::shared_ptr<Slots> slots,
          std::vector<std::unique_ptr<Endpoint>> endpoints);

  const std::string& name() const { return settings_.name; }
  const config::Upstream& settings() const { return settings_; }
  Slots& slots() { return *slots_; }
  const std::shared_ptr<Slots>& shared_slots() { return slots_; }
  std::vector<std::unique_ptr<Endpoint>>& endpoints() { return endpoints_; }

  // A transport for a socket that is connected or on its way: TLS where the upstream says so.
  std::unique_ptr<net::Transport> make_transport(EventLoop& loop, int fd, const Endpoint& endpoint) const;
  // Chooses by the policy; null when there is none. `avoid` is passed over while another exists.
  Endpoint* pick(const Endpoint* avoid);
  Duration connect_limit(const Endpoint& endpoint) const;
  Duration idle_limit(const Endpoint& endpoint) const;

 private:
  Endpoint* pick_round_robin();
  Endpoint* pick_least_request();

  config::Upstream settings_;
  std::shared_ptr<Slots> slots_;
  std::vector<std::unique_ptr<Endpoint>> endpoints_;
  std::vector<int> credit_;  // smooth weighted round robin
};

}  // namespace outrigger::upstream
