#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cache/entry.h"
#include "cache/flow.h"

namespace outrigger::cache {

// What a fetch came to, known with the head of the answer. Immutable.
struct Answered {
  explicit Answered(StoredHead stored_head) : head(std::move(stored_head)) {}

  StoredHead head;
  Version version = Version::http11;
  Framing framing = Framing::none;
  std::uint64_t length = 0;  // of the content, when framing is `length`
  // For everybody whose request fits: being filled, or with content where it was only validated. Null: for the one who
  // asked for it.
  std::shared_ptr<const Entry> entry;
  std::string_view refusal;          // why it is not stored, static
  std::uint16_t service_status = 0;  // 304: the stored answer was validated
  Failure failure = Failure::none;   // the service did not answer
  std::string detail;
  bool is_local = false;
  bool has_proxy_status = false;
  std::string endpoint;
  std::uint32_t tries = 0;
  Duration service_time{};
  struct Try {
    std::string endpoint;
    Failure failure;
    std::uint16_t status;
    Instant begun, ended;
  };
  std::vector<Try> tries_made;                                // where somebody keeps a journal
  std::vector<std::pair<std::string_view, std::string>> why;  // decisions on the way
};

// One fetch from the service, and all who wait for it on whatever worker. As a job it is done once the head is known:
// then answered() says what came, and content streams through flow(). Thread: any.
class Fill final : public Job {
 public:
  Fill(const Key& key, std::string_view variant, std::uint32_t attempt)
      : url_(key.url), extra_(key.extra), variant_(variant), hash_(key.hash), attempt_(attempt) {}

  bool is_for(const Key& key, std::string_view variant) const {
    return url_ == key.url && extra_ == key.extra && variant_ == variant;
  }
  const std::string& url() const { return url_; }
  Key key() const { return {url_, extra_, hash_}; }
  std::uint64_t hash() const { return hash_; }
  // How many fetches failed before, for those who wait.
  std::uint32_t attempt() const { return attempt_; }

  // By the fetch, once.
  void answer(std::unique_ptr<const Answered> answered) {
    answered_ = std::move(answered);
    perform();
    tell();
  }
  // By the fetch, before that: an interim head, for everybody who waits.
  void inform(std::shared_ptr<const StoredHead> head);
  // The interim heads from the number `from` on.
  std::vector<std::shared_ptr<const StoredHead>> interim(std::size_t from) const;
  // Wait for it (Exchange::wait_for), then look for more than `told` interim heads, or the answer; null: look now.
  std::shared_ptr<Job> news(std::size_t told);
  // Once is_done().
  const Answered& answered() const { return *answered_; }
  const std::shared_ptr<Flow>& flow() { return flow_; }

  // Something changed behind its back: what comes must not be stored.
  void doom() { is_doomed_.store(true, std::memory_order_relaxed); }
  bool is_doomed() const { return is_doomed_.load(std::memory_order_relaxed); }

 private:
  void run() noexcept override {}
  void tell();

  const std::string url_, extra_, variant_;
  const std::uint64_t hash_;
  const std::uint32_t attempt_;
  std::unique_ptr<const Answered> answered_;
  const std::shared_ptr<Flow> flow_ = std::make_shared<Flow>(true);
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<const StoredHead>> interim_;  // guarded by mutex_
  std::shared_ptr<Job> news_;                               // guarded by mutex_; null: nobody waits
  std::atomic<bool> is_doomed_{false};
};

// The fetches under way, one for each key and variant. Thread: any; a short lock of one of 64 shards.
class Flights {
 public:
  struct Joined {
    std::shared_ptr<Fill> fill;
    bool leads = false;  // it is new: whoever made it must see to the fetch
  };
  // `variant`: how the request differs in what the answers to this URL are known to vary by. With `alone` never one
  // that is there.
  Joined join(const Key& key, std::string_view variant, std::uint32_t attempt, bool alone);
  // Nobody joins it any more.
  void remove(const std::shared_ptr<Fill>& fill);
  // What is being fetched for URLs for which `is_meant` is true must not be stored, and nobody joins it.
  template <typename Meant>
  void doom_if(Meant is_meant) {
    for (Shard& shard : shards_) {
      const std::lock_guard lock(shard.mutex);
      for (auto& [hash, fills] : shard.fills) doom_in(fills, is_meant);
    }
  }
  void doom(std::string_view url, std::uint64_t hash);
  std::size_t size() const;

 private:
  using Fills = std::vector<std::shared_ptr<Fill>>;
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::uint64_t, Fills> fills;  // by hash; guarded by mutex
  };
  template <typename Meant>
  static void doom_in(Fills& fills, Meant is_meant) {
    for (const auto& fill : fills) {
      if (is_meant(std::string_view(fill->url()))) fill->doom();
    }
    std::erase_if(fills, [&](const auto& fill) { return is_meant(std::string_view(fill->url())); });
  }
  Shard& shard_of(std::uint64_t hash) { return shards_[hash % shards_.size()]; }

  std::array<Shard, 64> shards_;
};

// Keys whose answers were not for everybody the last time: their requests do not wait for each other. Remembers a fixed
// number, newer ones in place of older ones. Thread: any, without a lock.
class PassMarks {
 public:
  void set(std::uint64_t hash, Instant until);
  void clear(std::uint64_t hash) { slot(hash).store(0, std::memory_order_relaxed); }
  bool is_set(std::uint64_t hash, Instant now) const;

 private:
  static constexpr std::size_t kSlots = 8192;
  static constexpr std::uint64_t kTimeBits = 32;  // seconds of the monotonic clock; the rest is of the hash
  static std::uint64_t mark(std::uint64_t hash, std::uint64_t seconds) {
    return hash >> kTimeBits << kTimeBits | (seconds & 0xffffffff);
  }
  std::atomic<std::uint64_t>& slot(std::uint64_t hash) { return slots_[hash % kSlots]; }

  std::array<std::atomic<std::uint64_t>, kSlots> slots_{};
};

}  // namespace outrigger::cache
