#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "outrigger/clock.h"
#include "outrigger/line_log.h"

namespace outrigger {

// What a collector is sent, and how it is written. A record is a span or a log record as it stands inside a request of
// the protocol: in protobuf the field `spans` of ScopeSpans or `log_records` of ScopeLogs with its tag, in JSON an
// object and "\n".
enum class ExportForm : std::uint8_t { otlp_spans, otlp_json_spans, zipkin_spans, otlp_logs, otlp_json_logs };

// Where records go.
struct ExportTarget {
  ExportForm form = ExportForm::otlp_spans;
  std::string url{};
  std::map<std::string, std::string> headers{};  // values may be secret references
  Duration timeout{};
  std::string service_name{};
  std::map<std::string, std::string> attributes{};  // of the resource
  auto operator<=>(const ExportTarget&) const = default;
};

// A lane to the collector, under the rules of LineLog with records in place of lines: records of all lanes are sent
// together, at the latest a second after commit(). The caller never waits: a lane whose collector is slow or gone drops
// records and counts them (outrigger_export_dropped_total). Thread: any.
std::unique_ptr<LineLog> open_export(const ExportTarget& target);

}  // namespace outrigger
