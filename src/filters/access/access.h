#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "filters/access/condition.h"
#include "filters/verdict.h"
#include "outrigger/filter.h"

namespace outrigger::filters {

struct AccessRule {
  std::optional<AccessCondition> allow;
  std::optional<AccessCondition> deny;
};
void describe(config::Schema<AccessRule>& schema);

struct AccessOptions {
  std::vector<AccessRule> rules;
  Mode mode = Mode::enforce;
};
void describe(config::Schema<AccessOptions>& schema);

// Lets requests through or refuses them by the first rule that fits; none fits: refused. Thread: one instance per
// worker.
class Access : public Filter {
 public:
  Access(const AccessOptions& options, const FilterContext& context);
  Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  // Why it is refused, in the arena; empty: it is not.
  std::string_view find_objection(Exchange& exchange) const;

  struct Rule {
    bool allows;
    ConditionMatcher condition;
  };
  std::vector<Rule> rules_;
  Mode mode_;
  Verdicts verdicts_;
};

extern const FilterType kAccessType;

}  // namespace outrigger::filters
