#include "stats/exemplars.h"

namespace outrigger::stats {

// Never destroyed: threads may count until the process ends.
Exemplars& Exemplars::instance() {
  static auto* exemplars = new Exemplars;
  return *exemplars;
}

void Exemplars::keep(std::uint32_t place, std::string_view trace_id, std::string_view span_id, double value,
                     double time) {
  thread_local std::unordered_map<std::uint32_t, double> brought;  // when, by place
  double& last = brought[place];
  if (time < last + 1 && time >= last) return;
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return;
  last = time;
  Kept& kept = by_place_[place];
  kept.trace_id.assign(trace_id);
  kept.span_id.assign(span_id);
  kept.value = value;
  kept.time = time;
}

std::optional<Exemplar> Exemplars::find(std::uint32_t place) {
  const std::lock_guard lock(mutex_);
  const auto found = by_place_.find(place);
  if (found == by_place_.end()) return {};
  const Kept& kept = found->second;
  return Exemplar{{{"trace_id", kept.trace_id}, {"span_id", kept.span_id}}, kept.value, kept.time};
}

}  // namespace outrigger::stats
