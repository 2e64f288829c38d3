#include "upstream/cluster.h"

#include <algorithm>

#include "base/random.h"

namespace outrigger::upstream {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxIdle = 128;  // connections a worker keeps to one endpoint

}  // namespace

Endpoint::Endpoint(std::string name, std::vector<net::Address> addresses, std::uint32_t weight)
    : name_(std::move(name)), addresses_(std::move(addresses)), weight_(weight) {}

Endpoint::~Endpoint() {
  idle_.for_each([](Connection& connection) { delete &connection; });
}

std::unique_ptr<Connection> Endpoint::take_idle(bool check) {
  while (!idle_.empty()) {
    std::unique_ptr<Connection> connection(&idle_.front());
    connection->leave_idle();
    if (!check || !connection->transport().is_stale()) return connection;
  }
  return nullptr;
}

void Endpoint::keep_idle(std::unique_ptr<Connection> connection, Duration limit) {
  std::size_t count = 0;
  idle_.for_each([&](Connection&) { ++count; });
  if (count >= kMaxIdle) return;
  connection->become_idle(limit);
  idle_.push_front(*connection.release());
}

bool Slots::acquire() {
  if (in_flight_.fetch_add(1, std::memory_order_acq_rel) < limits_.in_flight) return true;
  in_flight_.fetch_sub(1, std::memory_order_acq_rel);
  return false;
}

void Slots::release() {
  if (queued_.load(std::memory_order_acquire) != 0) {
    std::lock_guard lock(mutex_);
    if (!waiters_.empty()) {
      Waiter& next = waiters_.front();
      next.unlink();
      next.is_granted = true;
      queued_.fetch_sub(1, std::memory_order_acq_rel);
      next.granted();
      return;
    }
  }
  in_flight_.fetch_sub(1, std::memory_order_acq_rel);
}

bool Slots::enqueue(Waiter& waiter) {
  std::lock_guard lock(mutex_);
  if (queued_.load(std::memory_order_relaxed) >= limits_.queue) return false;
  queued_.fetch_add(1, std::memory_order_acq_rel);
  waiters_.push_back(waiter);
  return true;
}

void Slots::abandon(Waiter& waiter) {
  {
    std::lock_guard lock(mutex_);
    if (!waiter.is_granted) {
      if (waiter.is_linked()) queued_.fetch_sub(1, std::memory_order_acq_rel);
      waiter.unlink();
      return;
    }
  }
  release();
}

std::string fingerprint(const config::Upstream& settings) {
  std::string text = settings.name;
  const auto add = [&text](const auto& value) { text += '\n' + value; };
  const auto number = [&add](auto value) { add(std::to_string(value)); };
  for (const config::EndpointSpec& endpoint : settings.endpoints) {
    add(endpoint.address);
    number(endpoint.weight);
  }
  if (settings.tls) {
    add(settings.tls->ca);
    add(settings.tls->server_name);
    number(settings.tls->insecure_skip_verify);
  }
  number(static_cast<int>(settings.load_balancing.policy));
  number(settings.limits.in_flight);
  number(settings.limits.queue);
  number(settings.limits.queue_timeout.count());
  number(settings.timeouts.connect.value_or(Duration(-1)).count());
  number(settings.timeouts.idle.value_or(Duration(-1)).count());
  return text;
}

Cluster::Cluster(const config::Upstream& settings, std::shared_ptr<Slots> slots,
                 std::vector<std::unique_ptr<Endpoint>> endpoints)
    : settings_(settings), slots_(std::move(slots)), endpoints_(std::move(endpoints)), credit_(endpoints_.size()) {}

Endpoint* Cluster::pick(const Endpoint* avoid) {
  if (endpoints_.empty()) return nullptr;
  Endpoint* chosen = nullptr;
  for (int attempt = 0; attempt < 4; ++attempt) {
    switch (settings_.load_balancing.policy) {
      case config::BalancePolicy::round_robin:
        chosen = pick_round_robin();
        break;
      case config::BalancePolicy::least_request:
        chosen = pick_least_request();
        break;
      case config::BalancePolicy::random:
        chosen = endpoints_[random_below(endpoints_.size())].get();
        break;
    }
    if (chosen != avoid || endpoints_.size() == 1) break;
  }
  return chosen;
}

// nginx's smooth weighted round robin: the share of each is its weight, and nobody is chosen in bursts.
Endpoint* Cluster::pick_round_robin() {
  int total = 0;
  std::size_t best = 0;
  for (std::size_t i = 0; i < endpoints_.size(); ++i) {
    credit_[i] += static_cast<int>(endpoints_[i]->weight());
    total += static_cast<int>(endpoints_[i]->weight());
    if (credit_[i] > credit_[best]) best = i;
  }
  credit_[best] -= total;
  return endpoints_[best].get();
}

// Mitzenmacher, "The Power of Two Choices" (2001): the less loaded of two random ones, load over weight.
Endpoint* Cluster::pick_least_request() {
  if (endpoints_.size() == 1) return endpoints_.front().get();
  Endpoint* a = endpoints_[random_below(endpoints_.size())].get();
  Endpoint* b = endpoints_[random_below(endpoints_.size())].get();
  const auto load_a = static_cast<std::uint64_t>(a->active()) * b->weight();
  const auto load_b = static_cast<std::uint64_t>(b->active()) * a->weight();
  return load_a <= load_b ? a : b;
}

std::unique_ptr<net::Transport> Cluster::make_transport(EventLoop& loop, int fd, const Endpoint&) const {
  return std::make_unique<net::Socket>(loop, fd);
}

Duration Cluster::connect_limit(const Endpoint& endpoint) const {
  return settings_.timeouts.connect.value_or(endpoint.is_loopback() ? 1s : 3s);
}

Duration Cluster::idle_limit(const Endpoint& endpoint) const {
  return settings_.timeouts.idle.value_or(endpoint.is_loopback() ? 4s : 30s);
}

}  // namespace outrigger::upstream
