// Hit ratios of three ways to evict, on a mix of requests that a cache meets: URLs by a Zipf law, and now and then a
// scan of URLs that nobody asks for again (a crawler, a backup). Sizes are of the web: most small, few large.
//
//   build/release/bench_eviction [REQUESTS]
//
// The same requests for all; a fixed seed, so a second run says the same. One line for each part of all bytes that the
// cache may hold: ratio of requests and of bytes that were hits.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "cache/eviction.h"

namespace {

struct Thing {
  std::uint64_t hash;
  std::uint64_t size;
  std::uint8_t uses = 0;
};
using Shared = std::shared_ptr<Thing>;
struct Traits {
  static std::uint64_t hash(const Shared& thing) { return thing->hash; }
  static std::uint8_t uses(const Shared& thing) { return thing->uses; }
  static void set_uses(const Shared& thing, std::uint8_t uses) { thing->uses = uses; }
};

class Policy {
 public:
  virtual ~Policy() = default;
  // Is it there? If not, it is now.
  virtual bool ask(std::uint64_t name, std::uint64_t size) = 0;
};

class S3 final : public Policy {
 public:
  explicit S3(std::uint64_t most) : queues_(most) {}
  bool ask(std::uint64_t name, std::uint64_t size) override {
    if (const auto found = things_.find(name); found != things_.end()) {
      if (found->second->uses < 3) ++found->second->uses;
      return true;
    }
    const auto made = std::make_shared<Thing>(name, size);
    things_[name] = made;
    std::vector<Shared> victims;
    queues_.add(made, size, victims);
    for (const Shared& victim : victims) things_.erase(victim->hash);
    return false;
  }

 private:
  outrigger::cache::S3Fifo<Shared, Traits> queues_;
  std::unordered_map<std::uint64_t, Shared> things_;
};

// A list by the time of the latest use, bounded by bytes.
class Recency {
 public:
  explicit Recency(std::uint64_t most) : most_(most) {}
  bool touch(std::uint64_t name) {
    const auto found = places_.find(name);
    if (found == places_.end()) return false;
    order_.splice(order_.begin(), order_, found->second);
    return true;
  }
  void add(std::uint64_t name, std::uint64_t size) {
    order_.emplace_front(name, size);
    places_[name] = order_.begin();
    bytes_ += size;
  }
  bool is_over() const { return bytes_ > most_; }
  bool fits(std::uint64_t size) const { return bytes_ + size <= most_; }
  bool is_empty() const { return order_.empty(); }
  std::pair<std::uint64_t, std::uint64_t> oldest() const { return order_.back(); }
  void drop_oldest() {
    bytes_ -= order_.back().second;
    places_.erase(order_.back().first);
    order_.pop_back();
  }

 private:
  const std::uint64_t most_;
  std::uint64_t bytes_ = 0;
  std::list<std::pair<std::uint64_t, std::uint64_t>> order_;
  std::unordered_map<std::uint64_t, std::list<std::pair<std::uint64_t, std::uint64_t>>::iterator> places_;
};

class Lru final : public Policy {
 public:
  explicit Lru(std::uint64_t most) : recency_(most) {}
  bool ask(std::uint64_t name, std::uint64_t size) override {
    if (recency_.touch(name)) return true;
    recency_.add(name, size);
    while (recency_.is_over()) recency_.drop_oldest();
    return false;
  }

 private:
  Recency recency_;
};

// W-TinyLFU (Einziger et al., 2017) in its simple form: a window of 1 %, a main part by recency, and a count sketch
// that is halved from time to time. What leaves the window must have been asked for more often than what it pushes out.
class TinyLfu final : public Policy {
 public:
  explicit TinyLfu(std::uint64_t most) : window_(most / 100), main_(most - most / 100), counts_(4 * kWidth) {}
  bool ask(std::uint64_t name, std::uint64_t size) override {
    count(name);
    if (window_.touch(name) || main_.touch(name)) return true;
    window_.add(name, size);
    while (window_.is_over() && !window_.is_empty()) {
      const auto [candidate, bytes] = window_.oldest();
      window_.drop_oldest();
      admit(candidate, bytes);
    }
    return false;
  }

 private:
  static constexpr std::size_t kWidth = 1 << 18;
  void admit(std::uint64_t name, std::uint64_t size) {
    while (!main_.fits(size)) {
      if (main_.is_empty() || estimate(name) <= estimate(main_.oldest().first)) return;
      main_.drop_oldest();
    }
    main_.add(name, size);
  }
  std::uint8_t& cell(std::uint64_t name, std::size_t row) {
    const std::uint64_t mixed = (name + row) * 0x9e3779b97f4a7c15ULL;
    return counts_[row * kWidth + (mixed ^ mixed >> 29) % kWidth];
  }
  void count(std::uint64_t name) {
    for (std::size_t row = 0; row < 4; ++row) {
      if (cell(name, row) < 15) ++cell(name, row);
    }
    if (++counted_ < 10 * kWidth) return;
    counted_ = 0;
    for (std::uint8_t& each : counts_) each /= 2;
  }
  std::uint8_t estimate(std::uint64_t name) {
    std::uint8_t least = 255;
    for (std::size_t row = 0; row < 4; ++row) least = std::min(least, cell(name, row));
    return least;
  }

  Recency window_, main_;
  std::vector<std::uint8_t> counts_;
  std::size_t counted_ = 0;
};

constexpr std::size_t kNames = 100'000;

std::uint64_t size_of(std::uint64_t name) {
  std::mt19937_64 random(name);
  std::lognormal_distribution<double> size(9.0, 1.5);  // median 8 KiB
  return static_cast<std::uint64_t>(std::min(size(random), 4e6)) + 500;
}

// Names below kNames by a Zipf law of 0.9; each 20,000 requests a scan of 5,000 that are never asked for again.
std::vector<std::uint64_t> make_requests(std::size_t count) {
  std::vector<double> weights(kNames);
  for (std::size_t i = 0; i < kNames; ++i) weights[i] = 1 / std::pow(static_cast<double>(i + 1), 0.9);
  std::discrete_distribution<std::uint64_t> zipf(weights.begin(), weights.end());
  std::mt19937_64 random(42);
  std::vector<std::uint64_t> requests;
  std::uint64_t fresh = kNames;
  while (requests.size() < count) {
    requests.push_back(zipf(random));
    if (requests.size() % 20'000 == 0) {
      for (int i = 0; i < 5'000; ++i) requests.push_back(fresh++);
    }
  }
  return requests;
}

void measure(const char* name, Policy&& policy, const std::vector<std::uint64_t>& requests) {
  std::uint64_t hits = 0, hit_bytes = 0, bytes = 0;
  for (const std::uint64_t request : requests) {
    const std::uint64_t size = size_of(request);
    const bool is_hit = policy.ask(request, size);
    hits += is_hit ? 1 : 0;
    hit_bytes += is_hit ? size : 0;
    bytes += size;
  }
  std::printf("  %-10s %5.1f %% of requests, %5.1f %% of bytes\n", name,
              100.0 * static_cast<double>(hits) / static_cast<double>(requests.size()),
              100.0 * static_cast<double>(hit_bytes) / static_cast<double>(bytes));
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const std::vector<std::uint64_t> requests = make_requests(count);
  std::uint64_t all = 0;
  for (std::uint64_t name = 0; name < kNames; ++name) all += size_of(name);
  for (const double part : {0.01, 0.05, 0.2}) {
    const auto most = static_cast<std::uint64_t>(static_cast<double>(all) * part);
    std::printf("%g %% of all bytes (%llu MiB)\n", part * 100, static_cast<unsigned long long>(most >> 20));
    measure("LRU", Lru(most), requests);
    measure("W-TinyLFU", TinyLfu(most), requests);
    measure("S3-FIFO", S3(most), requests);
  }
}
