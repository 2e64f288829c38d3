#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "filters/conditions.h"
#include "filters/retry/retry_budget.h"
#include "outrigger/filter.h"
#include "outrigger/stats.h"
#include "outrigger/units.h"

namespace outrigger::filters {

struct RetryBudgetOptions {
  Share share{0.2};
  Rate min{3};
};
void describe(config::Schema<RetryBudgetOptions>& schema);

struct RetryBackoffOptions {
  Duration base = std::chrono::milliseconds(25);
  Duration max = std::chrono::milliseconds(250);
};
void describe(config::Schema<RetryBackoffOptions>& schema);

struct RetryOptions {
  int num_retries = 2;
  std::vector<std::string> retry_on = {"connect-failure", "reset", "refused-stream", "502-504"};
  std::vector<std::string> grpc_status;
  RetryBudgetOptions budget;
  RetryBackoffOptions backoff;
  std::vector<std::string> methods = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"};
  bool non_idempotent = false;
};
void describe(config::Schema<RetryOptions>& schema);

// The longest pause before retry `retry` (0: the first): base * 2^retry, at most max.
Duration backoff_ceiling(const RetryBackoffOptions& backoff, int retry);

// The pause itself: `bits`, of which every value is as likely, choose it between nothing and the ceiling.
Duration backoff_pause(const RetryBackoffOptions& backoff, int retry, std::uint64_t bits);

// The longest time that a service may ask for (Retry-After): a client should not wait longer without an answer.
inline constexpr Duration kLongestRetryAfter = std::chrono::seconds(5);

// What a Retry-After field asks for, in seconds or as a date, a day at most; nothing if it is neither. `now`: seconds
// since 1970.
std::optional<Duration> parse_retry_after(std::string_view value, std::int64_t now);

// Sends a request again when the answer is one of `retry_on`. Thread: one instance per worker; the budget is shared.
class Retry : public Filter {
 public:
  Retry(const RetryOptions& options, std::string_view upstream, std::shared_ptr<RetryBudget> budget);
  Task<Response> handle(Exchange& exchange, Next next) override;
  bool repeats() const override { return true; }

 private:
  bool may_repeat(const RequestHead& request) const;
  bool may_retry(Exchange& exchange, const Response& response, bool repeatable) const;
  bool can_afford(Exchange& exchange, Duration pause) const;
  // Nothing: the service wants to be left alone for longer than a client should wait.
  std::optional<Duration> pause(Exchange& exchange, const Response& response, int retry) const;

  RetryOptions options_;
  Conditions conditions_;
  std::shared_ptr<RetryBudget> budget_;
  stats::Counter retries_;
  stats::Counter exhausted_;
};

extern const FilterType kRetryType;

}  // namespace outrigger::filters
