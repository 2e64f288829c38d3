#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "stats/families.h"

namespace outrigger::adapters {

// A page of metrics in Prometheus' text format 0.0.4 or in OpenMetrics 1.0.
//
// Strict: names, label values, numbers and escapes must be right, a TYPE comes before its samples and once, no label
// twice in a sample; a histogram has its buckets rising up to +Inf, which is its count; a page that says "# EOF" ends
// there. The error is a sentence with the line, and nothing of the page is used: half a page would look like metrics
// that vanished. Timestamps are checked and dropped, `_created` samples and UNIT lines passed over; an info or stateset
// becomes a gauge. Linear in the text, but for look-ups by name. Sources:
// prometheus.io/docs/instrumenting/exposition_formats/, OpenMetrics 1.0 section "Text format".
std::expected<std::vector<stats::MetricFamily>, std::string> parse_metrics(std::string_view text);

}  // namespace outrigger::adapters
