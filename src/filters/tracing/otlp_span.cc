#include <algorithm>

#include "base/otlp/protobuf_writer.h"
#include "filters/tracing/span.h"

// Field numbers: opentelemetry/proto/trace/v1/trace.proto and common/v1/common.proto of opentelemetry-proto 1.x.
namespace outrigger::filters {
namespace {

using base::ProtobufWriter;

constexpr std::uint32_t kSpansOfScope = 2;
constexpr std::uint64_t kServer = 2, kClient = 3;                 // Span.SpanKind
constexpr std::uint64_t kStatusError = 2;                         // Status.StatusCode
constexpr std::uint32_t kHasIsRemote = 0x100, kIsRemote = 0x200;  // SpanFlags

void write_id(ProtobufWriter& out, std::uint32_t field, std::uint64_t high, std::uint64_t low, std::size_t size) {
  char bytes[16];
  for (int i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>(high >> (56 - 8 * i));
    bytes[8 + i] = static_cast<char>(low >> (56 - 8 * i));
  }
  out.bytes(field, {bytes + 16 - size, size});
}

void write_attribute(ProtobufWriter& out, std::uint32_t field, const Attribute& attribute, std::size_t most) {
  const auto pair = out.begin(field);
  out.text(1, attribute.key);
  const auto value = out.begin(2);
  attribute.is_number ? out.varint(3, static_cast<std::uint64_t>(attribute.number))
                      : out.text(1, attribute.text.substr(0, most));
  out.end(value);
  out.end(pair);
}

void write_events(ProtobufWriter& out, const Span& span, SpanLimits limits) {
  std::size_t number = 0;
  for (const Decision* each = span.events; each != nullptr; each = each->next, ++number) {
    if (number >= limits.events) continue;
    const auto event = out.begin(11);
    out.fixed64(1, span.start + static_cast<std::uint64_t>(each->at.count()));
    out.text(2, each->by);
    write_attribute(out, 3, {.key = "outrigger.why", .text = each->what}, limits.text);
    out.end(event);
  }
  if (number > limits.events) out.varint(12, number - limits.events);
}

}  // namespace

std::uint32_t span_flags(const Span& span) {
  const std::uint32_t remote = span.is_parent_remote ? kIsRemote : 0;
  return (span.is_sampled ? 1U : 0U) | (span.parent != 0 ? kHasIsRemote : 0U) | remote;
}

std::size_t write_otlp_span(const Span& span, SpanLimits limits, char* room, std::size_t size) {
  ProtobufWriter out(room, size);
  const auto whole = out.begin(kSpansOfScope);
  write_id(out, 1, span.trace.high, span.trace.low, 16);
  write_id(out, 2, 0, span.id, 8);
  if (!span.tracestate.empty()) out.text(3, span.tracestate);
  if (span.parent != 0) write_id(out, 4, 0, span.parent, 8);
  out.text(5, span.name);
  out.varint(6, span.is_server ? kServer : kClient);
  out.fixed64(7, span.start);
  out.fixed64(8, span.start + span.duration);
  for (const Attribute& attribute : span.attributes) write_attribute(out, 9, attribute, limits.text);
  write_events(out, span, limits);
  if (span.is_error) {
    const auto status = out.begin(15);
    if (!span.error.empty()) out.text(2, span.error);
    out.varint(3, kStatusError);
    out.end(status);
  }
  out.fixed32(16, span_flags(span));
  out.end(whole);
  return out.is_full() ? 0 : out.size();
}

}  // namespace outrigger::filters
