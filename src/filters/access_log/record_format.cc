#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "base/otlp/protobuf_writer.h"
#include "filters/access_log/access_log.h"
#include "outrigger/trace.h"

// Field numbers and names: LogRecord of opentelemetry/proto/logs/v1/logs.proto, opentelemetry-proto 1.x.
namespace outrigger::filters {
namespace {

using base::ProtobufWriter;

constexpr std::uint32_t kRecordsOfScope = 2;
constexpr std::size_t kLimits[] = {1024, 256, 64, 16};  // bytes of a value, one after the other until the record fits

struct Severity {
  std::uint64_t number;
  std::string_view text;
};
constexpr Severity kInfo{9, "INFO"}, kWarn{13, "WARN"}, kError{17, "ERROR"};

Severity severity_of(const Outcome& outcome) {
  if (outcome.status == 0 || outcome.status >= 500 || outcome.cut) return kError;
  return outcome.status >= 400 ? kWarn : kInfo;
}

// What the record says in places of its own.
bool is_own_place(const AccessLogField& field) {
  return field.name == "time" || field.name == "trace_id" || field.name == "span_id";
}

std::uint64_t nanoseconds(WallTime time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}

// The parts of a value, joined in `room` unless there is only one.
std::string_view joined_text(const AccessLogField& field, const Moment& moment, Scratch& scratch,
                             std::array<char, 1024>& room) {
  const auto text_at = [&](const Template::Part& part) -> std::string_view {
    return part.is_variable ? text_of(part.value, part.text, moment, scratch) : std::string_view(part.text);
  };
  if (field.value.size() == 1) return text_at(field.value.front());
  std::size_t size = 0;
  for (const Template::Part& part : field.value) {
    const std::string_view text = text_at(part);
    const std::size_t fits = std::min(text.size(), room.size() - size);
    std::copy_n(text.data(), fits, room.data() + size);
    size += fits;
  }
  return {room.data(), size};
}

// "GET /path 200".
std::string_view body_of(const Moment& moment, std::array<char, 1024>& room) {
  constexpr std::size_t kStatus = 4;
  char* at = room.data();
  char* const end = at + room.size() - kStatus;
  for (const std::string_view part : {moment.exchange.request().method_token, std::string_view(" "),
                                      moment.exchange.original_target(), std::string_view(" ")}) {
    at = std::copy_n(part.data(), std::min(part.size(), static_cast<std::size_t>(end - at)), at);
  }
  at = std::to_chars(at, room.data() + room.size(), moment.outcome->status).ptr;
  return {room.data(), static_cast<std::size_t>(at - room.data())};
}

// The bytes of hexadecimal digits.
void write_id(ProtobufWriter& out, std::uint32_t field, std::string_view digits) {
  std::array<char, 16> bytes{};
  for (std::size_t i = 0; i + 1 < digits.size() && i / 2 < bytes.size(); i += 2) {
    std::uint8_t byte = 0;
    std::from_chars(digits.data() + i, digits.data() + i + 2, byte, 16);
    bytes[i / 2] = static_cast<char>(byte);
  }
  out.bytes(field, {bytes.data(), digits.size() / 2});
}

void write_number(ProtobufWriter& out, std::string_view digits) {
  if (digits.contains('.')) {
    double value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return out.float64(4, value);
  }
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  out.varint(3, value);
}

void write_number(Line& out, std::string_view digits) {
  const bool is_whole = !digits.contains('.');
  out.raw(is_whole ? R"("intValue":")" : R"("doubleValue":)");
  out.raw(digits);
  if (is_whole) out.raw("\"");
}

}  // namespace

RecordFormat::RecordFormat(const AccessLogOptions& options)
    : fields_(log_fields(options.fields)), is_json_(options.exporter->encoding == config::ExportEncoding::json) {
  std::erase_if(fields_, is_own_place);
}

std::size_t RecordFormat::write(const Moment& moment, char* room, std::size_t size) const {
  for (const std::size_t most : kLimits) {
    const std::size_t written =
        is_json_ ? write_json(moment, most, room, size) : write_protobuf(moment, most, room, size);
    if (written != 0) return written;
  }
  return 0;
}

std::size_t RecordFormat::write_protobuf(const Moment& moment, std::size_t most, char* room, std::size_t size) const {
  Scratch scratch;
  std::array<char, 1024> joined;
  ProtobufWriter out(room, size);
  const Severity severity = severity_of(*moment.outcome);
  const auto whole = out.begin(kRecordsOfScope);
  out.fixed64(1, nanoseconds(began(moment)));
  out.varint(2, severity.number);
  out.text(3, severity.text);
  const auto body = out.begin(5);
  out.text(1, body_of(moment, joined).substr(0, most));
  out.end(body);
  for (const AccessLogField& field : fields_) {
    const std::string_view text = joined_text(field, moment, scratch, joined);
    if (text.empty()) continue;
    const auto pair = out.begin(6);
    out.text(1, field.name);
    const auto value = out.begin(2);
    field.is_number ? write_number(out, text) : out.text(1, text.substr(0, most));
    out.end(value);
    out.end(pair);
  }
  if (const RequestTrace* const trace = moment.exchange.trace()) {
    write_id(out, 9, trace->trace_id());
    write_id(out, 10, trace->span_id());
  }
  out.fixed64(11, nanoseconds(moment.exchange.wall_now()));
  out.end(whole);
  return out.is_full() ? 0 : out.size();
}

std::size_t RecordFormat::write_json(const Moment& moment, std::size_t most, char* room, std::size_t size) const {
  Scratch scratch;
  std::array<char, 1024> joined;
  Line out(room, size);
  const auto number = [&](std::string_view lead, std::uint64_t value, std::string_view tail) {
    std::array<char, 24> digits;
    out.raw(lead);
    out.raw({digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr});
    out.raw(tail);
  };
  const Severity severity = severity_of(*moment.outcome);
  number(R"({"timeUnixNano":")", nanoseconds(began(moment)), "\"");
  number(R"(,"observedTimeUnixNano":")", nanoseconds(moment.exchange.wall_now()), "\"");
  number(R"(,"severityNumber":)", severity.number, R"(,"severityText":")");
  out.raw(severity.text);
  out.raw(R"(","body":{"stringValue":")");
  out.json(body_of(moment, joined).substr(0, most));
  out.raw(R"("},"attributes":[)");
  std::string_view comma;
  for (const AccessLogField& field : fields_) {
    const std::string_view text = joined_text(field, moment, scratch, joined);
    if (text.empty()) continue;
    out.raw(comma);
    out.raw(R"({"key":")");
    out.json(field.name);
    out.raw(field.is_number ? R"(","value":{)" : R"(","value":{"stringValue":")");
    field.is_number ? write_number(out, text) : out.json(text.substr(0, most));
    out.raw(field.is_number ? "}}" : R"("}})");
    comma = ",";
  }
  out.raw("]");
  if (const RequestTrace* const trace = moment.exchange.trace()) {
    out.raw(R"(,"traceId":")");
    out.raw(trace->trace_id());
    out.raw(R"(","spanId":")");
    out.raw(trace->span_id());
    out.raw("\"");
  }
  return out.is_full() ? 0 : out.finish("}");
}

}  // namespace outrigger::filters
