#include "net/dns/resolver.h"

#include <algorithm>
#include <utility>

namespace outrigger::net::dns {

// One query and those who wait for it. It stays until c-ares is done with it, though after the deadline nobody waits.
class Resolver::Running final : public Deadline {
 public:
  Running(Resolver& resolver, std::string name) : resolver_(resolver), name_(std::move(name)) {}

  void join(Lookup& lookup) { waiting_.push_back(lookup); }
  const std::string& name() const { return name_; }
  // Answers all who wait; whoever asks from now on begins anew.
  void finish(Answer answer) {
    if (std::exchange(is_finished_, true)) return;
    clear();
    resolver_.joinable_.erase(name_);
    const Result result = resolver_.settle(name_, std::move(answer));
    waiting_.for_each([&](Lookup& lookup) { resolver_.answer_soon(lookup, result); });
  }

 private:
  void expired() override { finish({.error = "the DNS server did not answer in time"}); }

  Resolver& resolver_;
  std::string name_;
  IntrusiveList<Lookup> waiting_;
  bool is_finished_ = false;
};

Resolver::Resolver(EventLoop& loop, const std::string& servers)
    : loop_(loop), delivery_(loop, [this] { deliver(); }), channel_(std::make_unique<Channel>(loop, servers)) {}

Resolver::~Resolver() = default;

std::unique_ptr<Lookup> Resolver::resolve(const std::string& name, std::function<void(Result)> done) {
  std::unique_ptr<Lookup> lookup(new Lookup(std::move(done)));
  if (const auto found = cache_.find(name); found != cache_.end() && loop_.now() < found->second.fresh_until) {
    Result result = found->second.result;
    result.ttl = std::max<Duration>(found->second.fresh_until - loop_.now(), kShortestTtl);
    answer_soon(*lookup, std::move(result));
    return lookup;
  }
  if (const auto found = joinable_.find(name); found != joinable_.end()) {
    found->second->join(*lookup);
    return lookup;
  }
  const auto running = running_.emplace(running_.end(), *this, name);
  running->join(*lookup);
  joinable_[name] = &*running;
  loop_.set_deadline(*running, kDeadline);
  channel_->query(name, [this, running](Answer answer) {
    running->finish(std::move(answer));
    running_.erase(running);
  });
  return lookup;
}

std::unique_ptr<ServiceLookup> Resolver::find_services(const std::string& name, std::function<void(Services)> done) {
  constexpr ServiceLookup::Limits kLimits{kDeadline, kShortestTtl, kLongestTtl};
  return std::make_unique<ServiceLookup>(loop_, *channel_, name, kLimits, std::move(done));
}

// What those who wait are told. RFC 8767 section 4: a denial is an answer and replaces the old one, a failure is not.
Result Resolver::settle(const std::string& name, Answer answer) {
  if (!answer.addresses.empty()) {
    Result result{std::move(answer.addresses), std::clamp(answer.ttl, kShortestTtl, kLongestTtl), {}};
    remember(name, result);
    return result;
  }
  std::string error = "cannot resolve " + name + ": " + answer.error;
  const auto found = cache_.find(name);
  if (found != cache_.end() && !answer.is_denial && loop_.now() < found->second.usable_until) {
    return {found->second.result.addresses, kShortestTtl, std::move(error)};
  }
  if (found != cache_.end()) cache_.erase(found);
  return {{}, kShortestTtl, std::move(error)};
}

void Resolver::remember(const std::string& name, Result result) {
  const Instant now = loop_.now();
  if (cache_.size() >= kMaxCached && !cache_.contains(name)) {
    std::erase_if(cache_, [now](const auto& item) { return item.second.usable_until <= now; });
    if (cache_.size() >= kMaxCached) cache_.erase(cache_.begin());
  }
  const Instant fresh_until = now + result.ttl;
  cache_[name] = {std::move(result), fresh_until, now + kStale};
}

void Resolver::answer_soon(Lookup& lookup, Result result) {
  lookup.result_ = std::move(result);
  answered_.push_back(lookup);
  delivery_.start(Duration::zero());
}

void Resolver::deliver() {
  // Those who ask again inside their callback wait for the next turn.
  IntrusiveList<Lookup> now;
  answered_.for_each([&](Lookup& lookup) { now.push_back(lookup); });
  while (!now.empty()) {
    Lookup& lookup = now.front();
    lookup.unlink();
    const auto done = std::move(lookup.done_);
    done(std::move(lookup.result_));  // may destroy the lookup
  }
}

}  // namespace outrigger::net::dns
