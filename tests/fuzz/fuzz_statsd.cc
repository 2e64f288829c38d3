#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "adapters/statsd/statsd_line.h"

// A line is a metric with finite numbers, a rate in (0, 1] and parts that lie inside it, or it has a reason.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace outrigger::adapters;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = parse_statsd(text);
  if (!line) {
    if (static_cast<std::size_t>(line.error()) >= std::size(kStatsdProblems)) std::abort();
    return 0;
  }
  const auto is_inside = [&](std::string_view part) {
    return part.empty() || (part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size());
  };
  if (line->name.empty() || line->values.empty() || !(line->rate > 0 && line->rate <= 1)) std::abort();
  for (const auto& value : line->values) {
    if (!std::isfinite(value.number) || value.text.empty() || !is_inside(value.text)) std::abort();
  }
  for (const auto& [key, value] : line->tags) {
    if (key.empty() || !is_inside(key) || !is_inside(value)) std::abort();
  }
  return 0;
}
