#pragma once

#include <optional>
#include <string_view>

#include "adapters/logs/record.h"

namespace outrigger::adapters::logs {

// The parts of a W3C traceparent, views into it.
struct TraceParent {
  std::string_view trace_id;  // 32 hexadecimal digits, not all 0
  std::string_view span_id;   // 16
};
// `00-<trace id>-<span id>-<flags>` as the whole text; Trace Context section 3.2.
std::optional<TraceParent> parse_traceparent(std::string_view text);

// Names what belongs together: `trace_id` and `span_id` from a field `traceparent` or from that word in the line, and
// `request_id` from a field or from `request_id=...`, `x-request-id: ...` in the line. What the record has by these
// names already stays. Cost: a search of the line for each.
void attach_trace_context(Record& record);

}  // namespace outrigger::adapters::logs
