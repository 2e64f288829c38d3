#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "net/address.h"
#include "net/dns/family.h"
#include "net/dns/services.h"
#include "outrigger/clock.h"
#include "outrigger/filter.h"

namespace outrigger::upstream {

// A good answer to a look-up: of either kind, not both.
struct Answer {
  std::vector<net::Address> addresses{};  // port 0
  std::vector<net::dns::Service> services{};
};

// How the look-ups of one name go, for all workers and across reloads. Keeps the last good answer for those who get
// none: it may be used for ten minutes (RFC 8767 section 5), of each address family by itself. Says in the process log
// when look-ups begin to fail, when the last good answer has become too old, and when they succeed again. Thread: any;
// takes a lock, once a look-up.
class Discovery {
 public:
  static constexpr Duration kUsable = std::chrono::minutes(10);

  // `name`: as in the file, "dns://api.example:80".
  Discovery(std::string upstream, std::string name);

  void succeed(Answer answer, Instant now);
  // `why`: a sentence. Gives what may be used instead.
  std::optional<Answer> fail(const std::string& why, Instant now);
  // The addresses of `missing` could not be looked up, those of the other family were: gives `answer` with the last
  // good ones of `missing` behind it.
  Answer succeed_without(net::dns::Family missing, Answer answer, const std::string& why, Instant now);
  std::optional<Answer> last_good(Instant now);
  // Of which there are addresses in it.
  net::dns::Families families(Instant now);

  struct View {
    bool is_failing = false;
    std::string error;            // of the latest look-up
    std::optional<Duration> age;  // of the last good answer, of its older part
  };
  View view(Instant now);
  const std::string& name() const { return name_; }

 private:
  enum class Told : unsigned char { good, part, kept, gone };
  std::optional<Answer> usable(Instant now) const;
  std::optional<Instant> oldest() const { return std::min(good_at_[0], good_at_[1]); }
  void tell(Told what, Instant now);

  const std::string upstream_, name_;
  std::mutex mutex_;  // guards what follows
  Answer answer_;
  std::array<std::optional<Instant>, 2> good_at_;  // by family; services have both
  std::string error_;
  Told told_ = Told::good;
  std::optional<Instant> told_at_;  // of bad news
};

// The look-ups of one upstream. Thread: any; takes a lock.
class DiscoveryBoard {
 public:
  // That of the process, with its metrics.
  static std::shared_ptr<DiscoveryBoard> of(const std::string& upstream, KeyedStore& store);

  explicit DiscoveryBoard(std::string upstream) : upstream_(std::move(upstream)) {}

  // Lives as long as somebody holds it.
  std::shared_ptr<Discovery> find(const std::string& name);
  std::size_t failing(Instant now);
  // Of the oldest last good answer; nothing: there is none.
  std::optional<Duration> oldest(Instant now);

 private:
  std::vector<std::shared_ptr<Discovery>> all();

  const std::string upstream_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<Discovery>> items_;  // guarded by mutex_
};

}  // namespace outrigger::upstream
