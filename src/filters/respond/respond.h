#pragma once

#include "filters/fixed_answer.h"
#include "outrigger/filter.h"

namespace outrigger::filters {

using RespondOptions = FixedAnswerOptions;

// Answers by itself; the rest of the chain is not asked. Thread: one instance per worker.
class Respond : public Filter {
 public:
  explicit Respond(const RespondOptions& options) : answer_(options) {}
  Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  FixedAnswer answer_;
};

extern const FilterType kRespondType;

}  // namespace outrigger::filters
