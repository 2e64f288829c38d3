#include "filters/verdict.h"

namespace outrigger::filters {
namespace {

stats::Counter counter(std::string_view filter, const FilterContext& context, const char* verdict) {
  return stats::counter("outrigger_access_verdicts_total", "Requests by what a guarding filter found.",
                        {{"filter", std::string(filter)}, {"place", std::string(context.place)}, {"verdict", verdict}});
}

}  // namespace

Verdicts::Verdicts(std::string_view filter, const FilterContext& context)
    : filter_(filter),
      allowed_(counter(filter, context, "allow")),
      refused_(counter(filter, context, "deny")),
      would_refuse_(counter(filter, context, "would_deny")) {}

bool Verdicts::refuse(Exchange& exchange, Mode mode, std::string_view why) const {
  if (mode == Mode::enforce) {
    refused_.add();
    return true;
  }
  would_refuse_.add();
  exchange.decide(filter_, exchange.arena().concat("not enforced: ", why));
  return false;
}

}  // namespace outrigger::filters
