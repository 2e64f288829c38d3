#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/intrusive_list.h"
#include "net/dns/channel.h"
#include "net/dns/service_lookup.h"

namespace outrigger::net::dns {

// Addresses, or an error. Both: the addresses of one family, because those of the other, `missing`, could not be looked
// up for the reason in `error`.
struct Result {
  std::vector<Address> addresses;  // port 0; best first (RFC 6724)
  Duration ttl{};                  // ask again after this: 1 to 60 s
  std::string error;               // a sentence: "cannot resolve api.test: no such name"
  std::optional<Family> missing{};

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
// Equal names share a query and a cache: an answer is good for its TTL (1 to 60 s). What to use when there is none is
// for those who ask to know. An answer comes within 4 s (two tries), never inside resolve().
// Thread: its worker. The callback must not destroy the resolver; a lookup that outlives it is never answered.
class Resolver {
 public:
  static constexpr Duration kDeadline = std::chrono::seconds(4);
  static constexpr Duration kShortestTtl = std::chrono::seconds(1);
  static constexpr Duration kLongestTtl = std::chrono::seconds(60);
  static constexpr std::size_t kMaxCached = 1024;

  // `servers`: "127.0.0.1:53,[::1]:53" instead of those in /etc/resolv.conf.
  explicit Resolver(EventLoop& loop, const std::string& servers = {});
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Calls `done` once, from an event. IP addresses are answered without a server. Cost: a map look-up when cached.
  //
  // `known`: the families that the name had addresses of. That it has none any more is only believed when the servers
  // say so: silence, refusals and garbage make a Result with `missing`. Costs a query where a known family is gone.
  [[nodiscard]] std::unique_ptr<Lookup> resolve(const std::string& name, Families known,
                                                std::function<void(Result)> done);

  // The services behind a name, not cached; otherwise as resolve().
  [[nodiscard]] std::unique_ptr<ServiceLookup> find_services(const std::string& name,
                                                             std::function<void(Services)> done);

 private:
  class Running;
  struct Cached {
    Result result;
    Families sure;  // of which the servers said what there is, or that there is nothing
    Instant fresh_until;
  };
  using Place = std::list<Running>::iterator;

  void on_answer(Place running, Answer answer);
  Result settle(const std::string& name, Answer answer, Families known);
  void remember(const std::string& name, Result result, Families sure);
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
