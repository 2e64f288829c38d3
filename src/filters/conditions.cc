#include "filters/conditions.h"

#include <initializer_list>
#include <string_view>

namespace outrigger::filters {
namespace {

constexpr std::uint64_t bits(std::initializer_list<Failure> failures) {
  std::uint64_t result = 0;
  for (const Failure failure : failures) result |= std::uint64_t{1} << static_cast<unsigned>(failure);
  return result;
}

#define OUTRIGGER_FAILURE(name, side, status, retry, proxy_status, text) +1
constexpr int kFailures = 0
#include "outrigger/failure.def"
    ;
#undef OUTRIGGER_FAILURE
static_assert(kFailures < 64, "a bit for each failure");

struct Word {
  std::string_view word;
  std::uint64_t failures;
};

constexpr std::uint64_t kConnectFailures = bits({Failure::connect_failed, Failure::connect_timeout, Failure::dns_failed,
                                                 Failure::upstream_stale, Failure::upstream_tls});

constexpr Word kWords[] = {
    {"connect-failure", kConnectFailures},
    // An answer that breaks off is a failure for who hears of it: breakers do, retries and fallbacks are over by then.
    {"reset", bits({Failure::upstream_reset, Failure::upstream_bad_response, Failure::response_truncated,
                    Failure::response_bad_chunk})},
    // HTTP/1 knows no refusal of one stream; a kept connection that closed before the request is the nearest.
    {"refused-stream", bits({Failure::upstream_refused, Failure::upstream_stale})},
    {"timeout", bits({Failure::upstream_timeout, Failure::upstream_write_timeout, Failure::response_body_timeout})},
    {"breaker-open", bits({Failure::breaker_open})},
    {"no-endpoint", bits({Failure::no_endpoint})},
    {"queue-full", bits({Failure::queue_full, Failure::queue_timeout})},
};

}  // namespace

Conditions::Conditions(const std::vector<std::string>& words, const std::vector<std::string>& grpc_statuses)
    : statuses_(words) {
  for (const std::string& name : grpc_statuses) {
    if (const auto status = grpc::status_named(name)) grpc_statuses_ |= 1U << static_cast<unsigned>(*status);
  }
  for (const std::string& text : words) {
    for (const Word& word : kWords) {
      if (word.word == text) failures_ |= word.failures;
    }
  }
}

bool Conditions::matches(Failure failure, std::uint16_t status) const {
  return (failures_ & bits({failure})) != 0 || statuses_.contains(status);
}

std::string Conditions::check(const std::string& word) {
  if (StatusRanges::check(word).empty()) return "";
  for (const Word& known : kWords) {
    if (known.word == word) return "";
  }
  return "unknown condition \"" + word +
         "\": use connect-failure, reset, refused-stream, timeout, breaker-open, no-endpoint, queue-full, or status "
         "codes "
         "such as 5xx, 503 or 502-504";
}

std::string Conditions::check_grpc(const std::string& word) {
  if (grpc::status_named(word)) return "";
  return "unknown gRPC status \"" + word + "\": use names such as unavailable, resource_exhausted or aborted";
}

bool is_connect_failure(Failure failure) { return (kConnectFailures & bits({failure})) != 0; }

}  // namespace outrigger::filters
