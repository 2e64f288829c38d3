#include "filters/conditions.h"

#include <initializer_list>
#include <optional>
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
    {"reset", bits({Failure::upstream_reset, Failure::upstream_bad_response})},
    // HTTP/1 knows no refusal of one stream; a kept connection that closed before the request is the nearest.
    {"refused-stream", bits({Failure::upstream_stale})},
    {"timeout", bits({Failure::upstream_timeout})},
    {"breaker-open", bits({Failure::breaker_open})},
};

using Range = std::pair<std::uint16_t, std::uint16_t>;

// Three digits, 100..599.
std::optional<std::uint16_t> parse_status(std::string_view text) {
  if (text.size() != 3 || text[0] < '1' || text[0] > '5') return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return static_cast<std::uint16_t>(value);
}

std::optional<Range> parse_range(std::string_view word) {
  if (word.size() == 3 && word.substr(1) == "xx" && word[0] >= '1' && word[0] <= '5') {
    const auto first = static_cast<std::uint16_t>((word[0] - '0') * 100);
    return Range(first, static_cast<std::uint16_t>(first + 99));
  }
  const auto dash = word.find('-');
  const auto low = parse_status(word.substr(0, dash));
  const auto high = dash == std::string_view::npos ? low : parse_status(word.substr(dash + 1));
  if (!low || !high || *low > *high) return std::nullopt;
  return Range(*low, *high);
}

}  // namespace

Conditions::Conditions(const std::vector<std::string>& words) {
  for (const std::string& text : words) {
    if (const auto range = parse_range(text)) statuses_.push_back(*range);
    for (const Word& word : kWords) {
      if (word.word == text) failures_ |= word.failures;
    }
  }
}

bool Conditions::matches(Failure failure, std::uint16_t status) const {
  if ((failures_ & bits({failure})) != 0) return true;
  if (status == 0) return false;
  for (const auto& [low, high] : statuses_) {
    if (status >= low && status <= high) return true;
  }
  return false;
}

std::string Conditions::check(const std::string& word) {
  if (parse_range(word)) return "";
  for (const Word& known : kWords) {
    if (known.word == word) return "";
  }
  return "unknown condition \"" + word +
         "\": use connect-failure, reset, refused-stream, timeout, breaker-open, or status codes such as 5xx, 503 or "
         "502-504";
}

bool is_connect_failure(Failure failure) { return (kConnectFailures & bits({failure})) != 0; }

}  // namespace outrigger::filters
