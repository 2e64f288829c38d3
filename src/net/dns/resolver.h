#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/intrusive_list.h"
#include "net/dns/channel.h"
#include "net/dns/service_lookup.h"

namespace outrigger::net::dns {

// Addresses, or an error. Both: the last good answer, because asking again failed for the reason in `error`.
struct Result {
  std::vector<Address> addresses;  // port 0; best first (RFC 6724)
  Duration ttl{};                  // ask again after this: 1 to 60 s
  std::string error;               // a sentence: "cannot resolve api.test: no such name"

  bool has_failed() const { return addresses.empty(); }
};

// Somebody waits for a name. Destroying it cancels, also inside its own callback.
class Lookup : public ListNode<Lookup> {
 private:
  friend class Resolver;
  explicit Lookup(std::function<void(Result)> done) : done_(std::move(done)) {}
  std::function<void(Result)> done_;
  Result result_;
};

// Names to addresses: A and AAAA through c-ares, /etc/hosts first. One per worker.
//
// Equal names share a query and a cache: an answer is good for its TTL (1 to 60 s). When the servers fail, the last
// good answer serves for up to 10 minutes (RFC 8767); when they say that the name is gone, it is gone.
// An answer comes within 4 s (two tries), never inside resolve().
// Thread: its worker. The callback must not destroy the resolver; a lookup that outlives it is never answered.
class Resolver {
 public:
  static constexpr Duration kDeadline = std::chrono::seconds(4);
  static constexpr Duration kShortestTtl = std::chrono::seconds(1);
  static constexpr Duration kLongestTtl = std::chrono::seconds(60);
  static constexpr Duration kStale = std::chrono::minutes(10);
  static constexpr std::size_t kMaxCached = 1024;

  // `servers`: "127.0.0.1:53,[::1]:53" instead of those in /etc/resolv.conf.
  explicit Resolver(EventLoop& loop, const std::string& servers = {});
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Calls `done` once, from an event. IP addresses are answered without a server. Cost: a map look-up when cached.
  [[nodiscard]] std::unique_ptr<Lookup> resolve(const std::string& name, std::function<void(Result)> done);

  // The services behind a name, not cached; otherwise as resolve().
  [[nodiscard]] std::unique_ptr<ServiceLookup> find_services(const std::string& name,
                                                             std::function<void(Services)> done);

 private:
  class Running;
  struct Cached {
    Result result;
    Instant fresh_until;
    Instant usable_until;
  };

  Result settle(const std::string& name, Answer answer);
  void remember(const std::string& name, Result result);
  void answer_soon(Lookup& lookup, Result result);
  void deliver();

  EventLoop& loop_;
  Timer delivery_;
  IntrusiveList<Lookup> answered_;
  std::unordered_map<std::string, Cached> cache_;
  std::unordered_map<std::string, Running*> joinable_;
  std::list<Running> running_;
  std::unique_ptr<Channel> channel_;
};

}  // namespace outrigger::net::dns
