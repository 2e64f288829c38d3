#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "outrigger/exchange.h"

namespace outrigger::proxy {

// Why a request is kept: any of these.
struct KeptBecause {
  bool failed = false;   // it failed, or the answer was 5xx
  bool refused = false;  // the client erred or left, or we refused it: whoever likes can make these
  bool slow = false;
  bool sampled = false;
  bool operator==(const KeptBecause&) const = default;
};

// In this order: a request is kept as the first that it is.
inline constexpr std::array kKeptKinds = {
    std::pair("failed", &KeptBecause::failed), std::pair("refused", &KeptBecause::refused),
    std::pair("slow", &KeptBecause::slow), std::pair("sampled", &KeptBecause::sampled)};
// Null: there is no such kind.
constexpr bool KeptBecause::* kept_kind(std::string_view name) {
  for (const auto& [known, kind] : kKeptKinds) {
    if (name == known) return kind;
  }
  return nullptr;
}

// Is it the token of a row of the table of failures?
bool is_failure_token(std::string_view text);

// All that is known of a request that is over, for people: `outrigger why`, `outrigger tap`. Owns its texts; long ones
// are cut to 1 KiB. Immutable once it is made; thread: any.
struct Record {
  // A filter, or the call of the upstream, on the request's way in.
  struct Step {
    std::string name;
    std::string where;    // "outrigger.yaml:14"; empty: a default, or the call
    std::string verdict;  // what it did, for people
    Duration at{};        // since the request began
    Duration took{};      // of its own: until the next one got the request, and between two calls of the next one
  };
  struct Try {
    std::string endpoint;
    std::uint16_t status = 0;  // 0: no answer
    Failure failure = Failure::none;
    Duration at{};
    Duration took{};  // to the head of the answer
  };
  struct Said {
    std::string by, what;
    Duration at{};
  };

  std::string number;        // of the record: "2-17", the worker and `serial`
  std::uint64_t serial = 0;  // counts the worker's records
  std::string request_id;    // empty: there is no request_id filter
  KeptBecause because;
  Instant started{};
  WallTime began{};     // the same moment for people; the clock may have been set since
  Duration duration{};  // to the last byte
  Duration answered{};  // to the head of the answer; 0: there was none
  std::string listener, route, upstream, endpoint, client, user, method, scheme, host, target;
  std::uint16_t status = 0;  // 0: the client got no answer
  Failure failure = Failure::none;
  bool is_local = false;
  bool is_cut = false;
  std::uint64_t request_bytes = 0, response_bytes = 0;
  std::string why;
  std::vector<Step> steps;
  std::vector<Try> tries;
  std::vector<Said> decisions;
  std::uint32_t steps_left_out = 0, tries_left_out = 0;

  // Bytes that it holds, about.
  std::size_t memory() const;
};

// Does `a` come before `b` in lists, which begin with the latest?
inline bool is_later(const std::shared_ptr<const Record>& a, const std::shared_ptr<const Record>& b) {
  return a->started != b->started ? a->started > b->started : a->serial > b->serial;
}

// From an exchange that is over. Cost: some microseconds and allocations; not for every request.
Record make_record(const Exchange& exchange, const Outcome& outcome, WallTime now);

}  // namespace outrigger::proxy
