#include "adapters/logs/output/otlp_record.h"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstring>

#include "adapters/logs/transform/level.h"
#include "base/hex.h"

namespace outrigger::adapters::logs {
namespace {

// Protocol Buffers' encoding, as far as it is needed: a field is its tag and a varint, 8 bytes, or a length and bytes.
void put_varint(std::uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7U) out += static_cast<char>((value & 0x7FU) | 0x80U);
  out += static_cast<char>(value);
}
void put_tag(unsigned field, unsigned type, std::string& out) { put_varint(field << 3U | type, out); }
void put_number(unsigned field, std::uint64_t value, std::string& out) {
  put_tag(field, 0, out);
  put_varint(value, out);
}
void put_fixed64(unsigned field, std::uint64_t value, std::string& out) {
  put_tag(field, 1, out);
  for (int i = 0; i < 8; ++i) out += static_cast<char>(value >> (8 * i) & 0xFFU);
}
void put_bytes(unsigned field, std::string_view bytes, std::string& out) {
  put_tag(field, 2, out);
  put_varint(bytes.size(), out);
  out += bytes;
}

// AnyValue: string_value 1, bool_value 2, int_value 3, double_value 4.
std::string any_value(const Field& field) {
  std::string value;
  const char* begin = field.value.data();
  const char* end = begin + field.value.size();
  if (field.kind == Field::Kind::json) {
    std::int64_t integer = 0;
    double number = 0;
    if (field.value == "true" || field.value == "false") {
      put_number(2, field.value == "true" ? 1 : 0, value);
      return value;
    }
    if (const auto read = std::from_chars(begin, end, integer); read.ec == std::errc{} && read.ptr == end) {
      put_number(3, static_cast<std::uint64_t>(integer), value);
      return value;
    }
    if (const auto read = std::from_chars(begin, end, number); read.ec == std::errc{} && read.ptr == end) {
      std::uint64_t bits = 0;
      std::memcpy(&bits, &number, sizeof bits);
      put_fixed64(4, bits, value);
      return value;
    }
  }
  put_bytes(1, field.value, value);
  return value;
}

// KeyValue: key 1, value 2.
void put_attribute(unsigned field, std::string_view key, std::string_view value, std::string& out) {
  std::string pair;
  put_bytes(1, key, pair);
  put_bytes(2, value, pair);
  put_bytes(field, pair, out);
}

void put_text_attribute(unsigned field, std::string_view key, std::string_view text, std::string& out) {
  std::string value;
  put_bytes(1, text, value);
  put_attribute(field, key, value, out);
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
  if (record.time) put_fixed64(1, nanoseconds_of(*record.time), message);
  put_fixed64(11, nanoseconds_of(record.read_at), message);
  if (const int number = severity_number(record.level)) put_number(2, static_cast<std::uint64_t>(number), message);
  if (!record.level.empty()) put_bytes(3, record.level, message);
  std::string body;
  put_bytes(1, record.message.empty() ? record.line : std::string_view(record.message), body);
  put_bytes(5, body, message);
  for (const Field& field : record.fields) {
    const bool is_trace = field.name == "trace_id";
    if (is_trace || field.name == "span_id") {
      if (const auto id = base::from_hex(field.value, is_trace ? 16 : 8)) {
        put_bytes(is_trace ? 9 : 10, *id, message);
        continue;
      }
    }
    put_attribute(6, field.name, any_value(field), message);
  }
  put_text_attribute(6, "log.source", record.source, message);
  put_bytes(2, message, out);
}

// ExportLogsServiceRequest.resource_logs 1 { resource 1 { attributes 1 }, scope_logs 2 { scope 1 { name 1 },
// log_records 2 } }
std::string otlp_request(std::string_view records, const std::map<std::string, std::string>& resource) {
  std::string attributes;
  for (const auto& [key, value] : resource) put_text_attribute(1, key, value, attributes);
  std::string scope;
  put_bytes(1, "outrigger", scope);
  std::string scope_logs;
  scope_logs.reserve(records.size() + 32);
  put_bytes(1, scope, scope_logs);
  scope_logs += records;
  std::string resource_logs;
  resource_logs.reserve(scope_logs.size() + attributes.size() + 32);
  put_bytes(1, attributes, resource_logs);
  put_bytes(2, scope_logs, resource_logs);
  std::string request;
  request.reserve(resource_logs.size() + 16);
  put_bytes(1, resource_logs, request);
  return request;
}

}  // namespace outrigger::adapters::logs
