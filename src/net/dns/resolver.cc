#include "net/dns/resolver.h"

#include <algorithm>
#include <utility>

namespace outrigger::net::dns {

// One query and those who wait for it. It stays until c-ares is done with it, though after the deadline nobody waits.
class Resolver::Running final : public Deadline {
 public:
  Running(Resolver& resolver, std::string name) : resolver_(resolver), name_(std::move(name)) {}

  void join(Lookup& lookup, Families known) {
    waiting_.push_back(lookup);
    known_.add(known);
  }
  const std::string& name() const { return name_; }
  // The family that the name had and the answer does not have; nothing, too, when nobody waits.
  std::optional<Family> missing_in(const Answer& answer) const {
    if (is_finished_ || answer.addresses.empty()) return std::nullopt;
    const Family missing = other(family_of(answer.addresses.front()));
    const bool has_it = families_of(answer.addresses).has(missing);
    return known_.has(missing) && !has_it ? std::optional(missing) : std::nullopt;
  }
  // What there is without the family that is asked for now.
  void keep(Answer answer, Family missing) {
    part_ = std::move(answer);
    part_->missing = missing;
  }
  // What that family came to.
  void finish_with(const Answer& more) {
    if (is_finished_) return;
    Answer all = std::move(*part_);
    const bool is_known = !more.addresses.empty() || more.is_denial;
    if (is_known) all.missing.reset();
    if (!is_known) all.error = more.error;
    if (!more.addresses.empty()) all.ttl = std::min(all.ttl, more.ttl);
    all.addresses.insert(all.addresses.end(), more.addresses.begin(), more.addresses.end());
    finish(std::move(all));
  }
  // Answers all who wait; whoever asks from now on begins anew.
  void finish(Answer answer) {
    if (std::exchange(is_finished_, true)) return;
    clear();
    resolver_.joinable_.erase(name_);
    const Result result = resolver_.settle(name_, std::move(answer), known_);
    waiting_.for_each([&](Lookup& lookup) { resolver_.answer_soon(lookup, result); });
  }

 private:
  void expired() override {
    const Answer late{.error = "the DNS server did not answer in time"};
    if (part_) return finish_with(late);
    finish(late);
  }

  Resolver& resolver_;
  std::string name_;
  Families known_;  // by those who wait
  std::optional<Answer> part_;
  IntrusiveList<Lookup> waiting_;
  bool is_finished_ = false;
};

Resolver::Resolver(EventLoop& loop, const std::string& servers)
    : loop_(loop), delivery_(loop, [this] { deliver(); }), channel_(std::make_unique<Channel>(loop, servers)) {}

Resolver::~Resolver() = default;

std::unique_ptr<Lookup> Resolver::resolve(const std::string& name, Families known, std::function<void(Result)> done) {
  std::unique_ptr<Lookup> lookup(new Lookup(std::move(done)));
  const auto cached = cache_.find(name);
  if (cached != cache_.end() && loop_.now() < cached->second.fresh_until && cached->second.sure.has_all(known)) {
    Result result = cached->second.result;
    result.ttl = std::max<Duration>(cached->second.fresh_until - loop_.now(), kShortestTtl);
    answer_soon(*lookup, std::move(result));
    return lookup;
  }
  if (const auto found = joinable_.find(name); found != joinable_.end()) {
    found->second->join(*lookup, known);
    return lookup;
  }
  const auto running = running_.emplace(running_.end(), *this, name);
  running->join(*lookup, known);
  joinable_[name] = &*running;
  loop_.set_deadline(*running, kDeadline);
  channel_->query(name, [this, running](Answer answer) { on_answer(running, std::move(answer)); });
  return lookup;
}

// /etc/hosts has the last word on a name, for both families.
void Resolver::on_answer(Place running, Answer answer) {
  const auto missing = running->missing_in(answer);
  if (!missing || channel_->is_in_hosts(running->name(), other(*missing))) {
    running->finish(std::move(answer));
    running_.erase(running);
    return;
  }
  const std::string name = answer.name.empty() ? running->name() : answer.name;
  running->keep(std::move(answer), *missing);
  channel_->query(name, *missing, [this, running](const Answer& more) {
    running->finish_with(more);
    running_.erase(running);
  });
}

std::unique_ptr<ServiceLookup> Resolver::find_services(const std::string& name, std::function<void(Services)> done) {
  constexpr ServiceLookup::Limits kLimits{kDeadline, kShortestTtl, kLongestTtl};
  return std::make_unique<ServiceLookup>(loop_, *channel_, name, kLimits, std::move(done));
}

// What those who wait are told.
Result Resolver::settle(const std::string& name, Answer answer, Families known) {
  Result result{std::move(answer.addresses), kShortestTtl, {}, answer.missing};
  if (answer.error.empty()) {
    result.ttl = std::clamp(answer.ttl, kShortestTtl, kLongestTtl);
    known.add(families_of(result.addresses));
    remember(name, result, known);
    return result;
  }
  cache_.erase(name);
  const char* const part = !answer.missing ? "" : *answer.missing == Family::v4 ? "IPv4 of " : "IPv6 of ";
  result.error = std::string("cannot resolve ") + part + name + ": " + answer.error;
  return result;
}

void Resolver::remember(const std::string& name, Result result, Families sure) {
  const Instant now = loop_.now();
  if (cache_.size() >= kMaxCached && !cache_.contains(name)) {
    std::erase_if(cache_, [now](const auto& item) { return item.second.fresh_until <= now; });
    if (cache_.size() >= kMaxCached) cache_.erase(cache_.begin());
  }
  const Instant fresh_until = now + result.ttl;
  cache_[name] = {std::move(result), sure, fresh_until};
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
