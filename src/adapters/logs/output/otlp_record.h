#pragma once

#include <map>
#include <string>
#include <string_view>

#include "adapters/logs/record.h"

namespace outrigger::adapters::logs {

// Appends the record as a `log_records` field of an OTLP ScopeLogs message, tag and length first: such fields one
// behind the other are what otlp_request() puts its frame around. Body: the message, or the line where there is none.
// Fields are attributes, numbers and booleans by their type; trace_id and span_id go where they belong. Source:
// opentelemetry-proto, logs/v1/logs.proto and common/v1/common.proto.
void append_otlp_record(const Record& record, std::string& out);
// An ExportLogsServiceRequest of one resource and one scope with these records.
std::string otlp_request(std::string_view records, const std::map<std::string, std::string>& resource);

}  // namespace outrigger::adapters::logs
