#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "outrigger/background.h"
#include "outrigger/clock.h"

namespace outrigger::base {

// A document behind a URL, such as a key set, that is fetched outside the data path, again and again: what was made of
// the last good one, until that is too old. One in the process for equal rules, as long as somebody holds it, also
// across reloads. Whoever fetches for the process (server/remote_documents.h) finds it in all().
// Thread: any. Readers on the hot path look at version() only, an atomic, and take content() when it is another.
class RemoteDocument {
 public:
  struct Rules {
    std::string url;
    std::string ca;      // file; empty: the system's
    Duration refresh{};  // from one good fetch to the next
    Duration keep{};     // how old it may become while fetches fail
    bool operator==(const Rules&) const = default;
  };
  // What is made of its text, once for all readers; or a phrase that says what is wrong with it.
  using Parse = std::expected<std::shared_ptr<const void>, std::string> (*)(std::string_view text);

  // Who asks for a fresher one more often than this is not heard: the question comes from strangers.
  static constexpr Duration kPause = std::chrono::seconds(30);

  static std::shared_ptr<RemoteDocument> find_or_make(const Rules& rules, Parse parse);
  // Those that somebody holds.
  static std::vector<std::shared_ptr<RemoteDocument>> all();

  const Rules& rules() const { return rules_; }
  // Another number, other content.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  // Null: there is none, or it became too old.
  std::shared_ptr<const void> content() const;
  // Why the latest fetch failed, or that none has ended; empty: it was good.
  std::string problem() const;
  // Was there ever a good one?
  bool has_been_good() const { return has_been_good_.load(std::memory_order_acquire); }

  // Wants a fresher one than that of `version`. The job is done when the fetch ends that is under way or begins now;
  // null: nothing is to be expected soon.
  std::shared_ptr<Job> ask(std::uint64_t version, Instant now);

  // For who fetches: `begin` is called, on any thread, when somebody asks.
  void serve(std::function<void()> begin);
  // A fetch begins, and how it ended: with this text, or not. The error says what is wrong with the text.
  void begin(Instant now);
  std::expected<void, std::string> succeed(std::string_view text, Instant now);
  void fail(std::string problem, Instant now);

 private:
  class Round;
  RemoteDocument(Rules rules, Parse parse);
  void end_round(std::unique_lock<std::mutex> lock);

  const Rules rules_;
  const Parse parse_;
  std::atomic<std::uint64_t> version_ = 0;
  std::atomic<bool> has_been_good_ = false;
  mutable std::mutex mutex_;
  std::function<void()> begin_;   // guarded by mutex_, as all below
  std::shared_ptr<Round> round_;  // the fetch under way, or the first one; null: there is none
  std::shared_ptr<const void> content_;
  std::string problem_ = "it has not been fetched yet";
  Instant good_at_{};
  Instant begun_at_{};
};

}  // namespace outrigger::base
