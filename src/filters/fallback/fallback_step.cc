#include "filters/fallback/fallback_step.h"

namespace outrigger::filters {

std::string_view UpstreamStep::obstacle(const Exchange& exchange, const Failed& failed) const {
  if (exchange.is_expired()) return "no time is left";
  if (!failed.may_repeat) return "the request may have been processed already, and its method may not be repeated";
  return exchange.can_replay() ? "" : "the request's content is too large to be sent again";
}

}  // namespace outrigger::filters
