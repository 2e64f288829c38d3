#include "upstream/balancing/load_policies.h"

#include "base/random.h"

namespace outrigger::upstream {

namespace {

using Item = Candidates::Item;

// Compares load/weight without a division.
bool is_busier(const Item& one, const Item& other) {
  return one.member->endpoint->load() * other.weight > other.member->endpoint->load() * one.weight;
}

// What a request to it is expected to cost. One that never answered gets a request, and a second only when others are
// slow as well.
double cost(const Item& item, Instant now) {
  constexpr double kUnknown = 1e9;  // a second
  const Endpoint& endpoint = *item.member->endpoint;
  const double latency = endpoint.latency().at(now);
  const double requests = endpoint.active() + (latency > 0 ? 1.0 : 0.0);
  return (latency > 0 ? latency : kUnknown) * requests / static_cast<double>(item.weight);
}

}  // namespace

const Candidates::Item& Candidates::draw() const {
  if (is_uniform_) return items_[random_below(items_.size())];
  std::uint64_t at = random_below(weight_);
  for (const Item& item : items_) {
    if (at < item.weight) return item;
    at -= item.weight;
  }
  return items_.back();
}

Member& RoundRobin::choose(const Candidates& from, const PickContext&) {
  std::int64_t total = 0;
  Member* best = nullptr;
  for (const Item& item : from.items()) {
    const auto weight = static_cast<std::int64_t>(item.weight);
    item.member->credit += weight;
    total += weight;
    if (best == nullptr || item.member->credit > best->credit) best = item.member;
  }
  best->credit -= total;
  return *best;
}

Member& RandomPolicy::choose(const Candidates& from, const PickContext&) { return *from.draw().member; }

Member& LeastRequest::choose(const Candidates& from, const PickContext&) {
  const Item& one = from.draw();
  const Item& other = from.draw();
  return *(is_busier(one, other) ? other : one).member;
}

Member& PeakEwma::choose(const Candidates& from, const PickContext& context) {
  const Item& one = from.draw();
  const Item& other = from.draw();
  return *(cost(one, context.now) > cost(other, context.now) ? other : one).member;
}

Member& FirstPolicy::choose(const Candidates& from, const PickContext&) {
  const Item* least = &from.items().front();
  for (const Item& item : from.items()) {
    if (item.member->endpoint->load() < spill_over_) return *item.member;
    if (is_busier(*least, item)) least = &item;
  }
  return *least->member;
}

}  // namespace outrigger::upstream
