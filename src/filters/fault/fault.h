#pragma once

#include <optional>

#include "outrigger/filter.h"
#include "outrigger/units.h"

namespace outrigger::filters {

struct FaultDelay {
  Duration time{};
  Share share{1};
};
void describe(config::Schema<FaultDelay>& schema);

struct FaultAbort {
  int status = 503;
  Share share{1};
};
void describe(config::Schema<FaultAbort>& schema);

struct FaultOptions {
  std::optional<FaultDelay> delay;
  std::optional<FaultAbort> abort;
};
void describe(config::Schema<FaultOptions>& schema);

// Delays or aborts a share of requests, so that retries, breakers and clients can be tried. Thread: one instance per
// worker.
class Fault : public Filter {
 public:
  explicit Fault(const FaultOptions& options) : options_(options) {}
  Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  FaultOptions options_;
};

extern const FilterType kFaultType;

}  // namespace outrigger::filters
