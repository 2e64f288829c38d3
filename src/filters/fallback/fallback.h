#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "filters/conditions.h"
#include "filters/fallback/fallback_step.h"
#include "filters/fixed_answer.h"
#include "outrigger/filter.h"
#include "outrigger/stats.h"

namespace outrigger::filters {

struct StaleStepOptions {
  Duration max_age = std::chrono::hours(24);
};
void describe(config::Schema<StaleStepOptions>& schema);

struct BroaderStepOptions {
  std::string path;
};
void describe(config::Schema<BroaderStepOptions>& schema);

// One of them is set.
struct FallbackStepOptions {
  std::optional<StaleStepOptions> stale;
  std::optional<BroaderStepOptions> broader;
  std::optional<std::string> upstream;
  std::optional<FixedAnswerOptions> fixed;
};
void describe(config::Schema<FallbackStepOptions>& schema);

struct FallbackOptions {
  std::vector<std::string> when = {"5xx", "timeout", "connect-failure", "reset", "breaker-open", "no-endpoint"};
  std::vector<FallbackStepOptions> chain;
  bool non_idempotent = false;
};
void describe(config::Schema<FallbackOptions>& schema);

// Answers in place of a service that failed: the steps of `chain` in turn, until one gives an answer that is not one of
// `when`; else the last of them stands. Once the head of an answer has passed, nothing can take its place.
// Thread: one instance per worker.
class Fallback : public Filter {
 public:
  using Steps = std::vector<std::unique_ptr<FallbackStep>>;

  // `labels`: of the metrics, whose filter this is.
  Fallback(const FallbackOptions& options, Steps steps, const stats::Labels& labels);
  Task<Response> handle(Exchange& exchange, Next next) override;
  bool repeats() const override { return true; }

 private:
  // A step with its counters.
  struct Place {
    std::unique_ptr<FallbackStep> step;
    stats::Counter answered, failed, passed_over;
  };
  bool is_failed(const Response& response) const;
  static void mark(Exchange& exchange, Response& response, const Failed& first, std::string_view step);

  const Conditions when_;
  const bool takes_timeouts_;
  const bool non_idempotent_;
  bool needs_body_ = false;
  std::vector<Place> places_;
};

extern const FilterType kFallbackType;

}  // namespace outrigger::filters
