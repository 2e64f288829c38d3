#include "adapters/logs/output/otlp_record.h"

#include <charconv>
#include <chrono>
#include <cstdint>

#include "adapters/logs/transform/level.h"
#include "base/hex.h"
#include "base/otlp/protobuf_writer.h"

namespace outrigger::adapters::logs {
namespace {

using base::append_fixed64;
using base::append_float64;
using base::append_nested;
using base::append_text;
using base::append_varint;

// AnyValue: string_value 1, bool_value 2, int_value 3, double_value 4.
std::string any_value(const Field& field) {
  std::string value;
  const char* begin = field.value.data();
  const char* end = begin + field.value.size();
  if (field.kind == Field::Kind::json) {
    std::int64_t integer = 0;
    double number = 0;
    if (field.value == "true" || field.value == "false") {
      append_varint(value, 2, field.value == "true" ? 1 : 0);
      return value;
    }
    if (const auto read = std::from_chars(begin, end, integer); read.ec == std::errc{} && read.ptr == end) {
      append_varint(value, 3, static_cast<std::uint64_t>(integer));
      return value;
    }
    if (const auto read = std::from_chars(begin, end, number); read.ec == std::errc{} && read.ptr == end) {
      append_float64(value, 4, number);
      return value;
    }
  }
  append_text(value, 1, field.value);
  return value;
}

// KeyValue: key 1, value 2.
void append_attribute(std::string& out, std::uint32_t field, std::string_view key, std::string_view value) {
  std::string pair;
  append_text(pair, 1, key);
  append_nested(pair, 2, value);
  append_nested(out, field, pair);
}

void append_text_attribute(std::string& out, std::uint32_t field, std::string_view key, std::string_view text) {
  std::string value;
  append_text(value, 1, text);
  append_attribute(out, field, key, value);
}

std::uint64_t nanoseconds_of(WallTime time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}

}  // namespace

// LogRecord: time_unix_nano 1, severity_number 2, severity_text 3, body 5, attributes 6, trace_id 9, span_id 10,
// observed_time_unix_nano 11.
void append_otlp_record(const Record& record, std::string& out) {
  std::string message;
  if (record.time) append_fixed64(message, 1, nanoseconds_of(*record.time));
  append_fixed64(message, 11, nanoseconds_of(record.read_at));
  if (const int number = severity_number(record.level)) append_varint(message, 2, static_cast<std::uint64_t>(number));
  if (!record.level.empty()) append_text(message, 3, record.level);
  std::string body;
  append_text(body, 1, record.message.empty() ? record.line : std::string_view(record.message));
  append_nested(message, 5, body);
  for (const Field& field : record.fields) {
    const bool is_trace = field.name == "trace_id";
    if (is_trace || field.name == "span_id") {
      if (const auto id = base::from_hex(field.value, is_trace ? 16 : 8)) {
        append_nested(message, is_trace ? 9 : 10, *id);
        continue;
      }
    }
    append_attribute(message, 6, field.name, any_value(field));
  }
  append_text_attribute(message, 6, "log.source", record.source);
  append_nested(out, 2, message);
}

// ExportLogsServiceRequest.resource_logs 1 { resource 1 { attributes 1 }, scope_logs 2 { scope 1 { name 1 },
// log_records 2 } }
std::string otlp_request(std::string_view records, const std::map<std::string, std::string>& resource) {
  std::string attributes;
  for (const auto& [key, value] : resource) append_text_attribute(attributes, 1, key, value);
  std::string scope;
  append_nested(scope, 1, "outrigger");
  std::string scope_logs;
  scope_logs.reserve(records.size() + 32);
  append_nested(scope_logs, 1, scope);
  scope_logs += records;
  std::string resource_logs;
  resource_logs.reserve(scope_logs.size() + attributes.size() + 32);
  append_nested(resource_logs, 1, attributes);
  append_nested(resource_logs, 2, scope_logs);
  std::string request;
  request.reserve(resource_logs.size() + 16);
  append_nested(request, 1, resource_logs);
  return request;
}

}  // namespace outrigger::adapters::logs
