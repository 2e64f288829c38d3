#include <algorithm>
#include <array>
#include <charconv>

#include "filters/line.h"
#include "filters/tracing/span.h"

// Spans as JSON: OTLP's form of it (opentelemetry.io/docs/specs/otlp, "JSON Protobuf Encoding": ids in hexadecimal,
// 64-bit numbers as strings, enums as numbers) and Zipkin's v2 API (zipkin.io/zipkin-api).
namespace outrigger::filters {
namespace {

void number(Line& out, std::uint64_t value) {
  std::array<char, 24> digits;
  out.raw({digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr});
}

void number(Line& out, std::int64_t value) {
  std::array<char, 24> digits;
  out.raw({digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr});
}

void id(Line& out, std::string_view lead, std::uint64_t span) {
  char digits[16];
  base::write_hex(digits, span);
  out.raw(lead);
  out.raw({digits, sizeof digits});
  out.raw("\"");
}

void id(Line& out, std::string_view lead, base::TraceId trace) {
  char digits[32];
  base::write_hex(digits, trace);
  out.raw(lead);
  out.raw({digits, sizeof digits});
  out.raw("\"");
}

void text(Line& out, std::string_view lead, std::string_view value) {
  out.raw(lead);
  out.raw("\"");
  out.json(value);
  out.raw("\"");
}

void quoted(Line& out, std::string_view lead, std::uint64_t value) {
  out.raw(lead);
  out.raw("\"");
  number(out, value);
  out.raw("\"");
}

void otlp_attributes(Line& out, const Span& span, SpanLimits limits) {
  std::string_view comma = R"(,"attributes":[)";
  for (const Attribute& each : span.attributes) {
    out.raw(comma);
    text(out, R"({"key":)", each.key);
    out.raw(each.is_number ? R"(,"value":{"intValue":")" : R"(,"value":{"stringValue":")");
    each.is_number ? number(out, each.number) : out.json(each.text.substr(0, limits.text));
    out.raw(R"("}})");
    comma = ",";
  }
  if (comma == ",") out.raw("]");
}

void otlp_events(Line& out, const Span& span, SpanLimits limits) {
  std::string_view comma = R"(,"events":[)";
  std::size_t count = 0;
  for (const Decision* each = span.events; each != nullptr && count < limits.events; each = each->next, ++count) {
    out.raw(comma);
    quoted(out, R"({"timeUnixNano":)", span.start + static_cast<std::uint64_t>(each->at.count()));
    text(out, R"(,"name":)", each->by);
    text(out, R"(,"attributes":[{"key":"outrigger.why","value":{"stringValue":)", each->what.substr(0, limits.text));
    out.raw("}}]}");
    comma = ",";
  }
  if (count != 0) out.raw("]");
}

void zipkin_tags(Line& out, const Span& span, SpanLimits limits) {
  std::string_view comma;
  out.raw(R"(,"tags":{)");
  for (const Attribute& each : span.attributes) {
    out.raw(comma);
    text(out, "", each.key);
    out.raw(":\"");
    each.is_number ? number(out, each.number) : out.json(each.text.substr(0, limits.text));
    out.raw("\"");
    comma = ",";
    if (span.is_error && each.key == "error.type") {
      text(out, R"(,"otel.status_code":"ERROR","error":)", span.error.empty() ? each.text : span.error);
    }
  }
  out.raw("}");
}

void zipkin_annotations(Line& out, const Span& span, SpanLimits limits) {
  std::string_view comma = R"(,"annotations":[)";
  std::size_t count = 0;
  for (const Decision* each = span.events; each != nullptr && count < limits.events; each = each->next, ++count) {
    out.raw(comma);
    out.raw(R"({"timestamp":)");
    number(out, (span.start + static_cast<std::uint64_t>(each->at.count())) / 1000);
    text(out, R"(,"value":)", each->by);
    out.rewind(out.mark() - 1);  // the text goes on
    out.raw(": ");
    out.json(each->what.substr(0, limits.text));
    out.raw("\"}");
    comma = ",";
  }
  if (count != 0) out.raw("]");
}

// Zipkin asks for an address of the one or the other family.
void zipkin_remote(Line& out, const Span::Remote& remote) {
  if (remote.name.empty() && remote.address.empty()) return;
  text(out, R"(,"remoteEndpoint":{"serviceName":)", remote.name);
  if (!remote.address.empty()) {
    text(out, remote.address.contains(':') ? R"(,"ipv6":)" : R"(,"ipv4":)", remote.address);
  }
  if (remote.port != 0) {
    out.raw(R"(,"port":)");
    number(out, remote.port);
  }
  out.raw("}");
}

}  // namespace

std::size_t write_otlp_json_span(const Span& span, SpanLimits limits, char* room, std::size_t size) {
  Line out(room, size);
  id(out, R"({"traceId":")", span.trace);
  id(out, R"(,"spanId":")", span.id);
  if (span.parent != 0) id(out, R"(,"parentSpanId":")", span.parent);
  if (!span.tracestate.empty()) text(out, R"(,"traceState":)", span.tracestate);
  text(out, R"(,"name":)", span.name);
  out.raw(span.is_server ? R"(,"kind":2)" : R"(,"kind":3)");
  quoted(out, R"(,"startTimeUnixNano":)", span.start);
  quoted(out, R"(,"endTimeUnixNano":)", span.start + span.duration);
  otlp_attributes(out, span, limits);
  otlp_events(out, span, limits);
  if (span.is_error) {
    out.raw(R"(,"status":{"code":2)");
    if (!span.error.empty()) text(out, R"(,"message":)", span.error);
    out.raw("}");
  }
  out.raw(R"(,"flags":)");
  number(out, std::uint64_t{span_flags(span)});
  return out.is_full() ? 0 : out.finish("}");
}

std::size_t write_zipkin_span(const Span& span, SpanLimits limits, std::string_view service_name, char* room,
                              std::size_t size) {
  Line out(room, size);
  id(out, R"({"traceId":")", span.trace);
  id(out, R"(,"id":")", span.id);
  if (span.parent != 0) id(out, R"(,"parentId":")", span.parent);
  text(out, R"(,"name":)", span.name);
  out.raw(span.is_server ? R"(,"kind":"SERVER")" : R"(,"kind":"CLIENT")");
  out.raw(R"(,"timestamp":)");
  number(out, span.start / 1000);
  out.raw(R"(,"duration":)");
  number(out, std::max<std::uint64_t>(span.duration / 1000, 1));  // 0 would say that it is not known
  text(out, R"(,"localEndpoint":{"serviceName":)", service_name);
  out.raw("}");
  zipkin_remote(out, span.remote);
  zipkin_tags(out, span, limits);
  zipkin_annotations(out, span, limits);
  return out.is_full() ? 0 : out.finish("}");
}

}  // namespace outrigger::filters
