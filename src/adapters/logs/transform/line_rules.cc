#include "adapters/logs/transform/line_rules.h"

#include <algorithm>
#include <chrono>

namespace outrigger::adapters::logs {

Admission LineRules::admit(std::string_view text, Instant now) {
  if (keep && !keep->found_in(text)) return Admission::filtered;
  if (drop && drop->found_in(text)) return Admission::filtered;
  return is_over_rate(now) ? Admission::over_rate : Admission::taken;
}

// The generic cell rate algorithm (ITU-T I.371): an event may come as far ahead of its time as a burst takes.
bool LineRules::is_over_rate(Instant now) {
  if (!rate) return false;
  const Duration interval(static_cast<std::int64_t>(1e9 / rate->per_second));
  const double at_once = burst > 0 ? burst : std::max(1.0, rate->per_second);
  const Duration tolerance(static_cast<std::int64_t>((at_once - 1) * static_cast<double>(interval.count())));
  const Instant due = std::max(due_, now);
  if (due - now > tolerance) return true;
  due_ = due + interval;
  return false;
}

}  // namespace outrigger::adapters::logs
