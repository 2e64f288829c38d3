#include "filters/tracing/propagation.h"

#include <algorithm>
#include <array>

namespace outrigger::filters {
namespace {

enum class Part : std::uint8_t { traceparent, tracestate, b3, trace_id, span_id, parent_id, sampled, flags, none };

constexpr std::string_view kNames[] = {"traceparent", "tracestate",        "b3",           "X-B3-TraceId",
                                       "X-B3-SpanId", "X-B3-ParentSpanId", "X-B3-Sampled", "X-B3-Flags"};

FieldName name_of(Part part) { return {kNames[static_cast<std::size_t>(part)], FieldId::other}; }

Part part_of(const Field& field) {
  if (field.id != FieldId::other || field.name.empty()) return Part::none;
  const char first = static_cast<char>(field.name[0] | 0x20);
  if (first != 't' && first != 'b' && first != 'x') return Part::none;
  const auto* const found = std::ranges::find_if(
      kNames, [&](auto name) { return name.size() == field.name.size() && equals_ignoring_case(name, field.name); });
  return static_cast<Part>(found - std::begin(kNames));
}

// The fields of a request by what they say.
struct Sorted {
  std::string_view first[static_cast<std::size_t>(Part::none)];
  std::array<std::string_view, 32> tracestates;
  std::size_t traceparents = 0;
  std::size_t tracestate_count = 0;
  bool is_any = false;

  explicit Sorted(const Headers& headers) {
    for (const Field& field : headers) {
      const Part part = part_of(field);
      if (part == Part::none) continue;
      is_any = true;
      auto& value = first[static_cast<std::size_t>(part)];
      if (value.empty()) value = field.value;
      traceparents += part == Part::traceparent ? 1 : 0;
      if (part == Part::tracestate && tracestate_count++ < tracestates.size()) {
        tracestates[tracestate_count - 1] = field.value;
      }
    }
  }
  std::string_view operator[](Part part) const { return first[static_cast<std::size_t>(part)]; }
};

std::string_view joined_tracestate(const Sorted& sorted, Arena& arena) {
  if (sorted.tracestate_count == 0 || sorted.tracestate_count > sorted.tracestates.size()) return {};
  base::TraceStateRoom room;
  return arena.copy(base::join_tracestate({sorted.tracestates.data(), sorted.tracestate_count}, room));
}

}  // namespace

ReceivedContext read_context(const Headers& headers) {
  const Sorted sorted(headers);
  ReceivedContext received{.is_there = sorted.is_any};
  if (!sorted.is_any) return received;
  if (sorted.traceparents == 1) {
    if (const auto context = base::parse_traceparent(sorted[Part::traceparent])) {
      received.context = *context;
      received.tracestate = joined_tracestate(sorted, headers.arena());
      return received;
    }
  }
  auto context = base::parse_b3(sorted[Part::b3]);
  if (!context) {
    context = base::parse_b3_fields(
        {sorted[Part::trace_id], sorted[Part::span_id], sorted[Part::sampled], sorted[Part::flags]});
  }
  if (context) received.context = *context;
  return received;
}

void remove_context(Headers& headers) {
  headers.remove_if([](const Field& field) { return part_of(field) != Part::none; });
}

Propagated::Propagated(const std::vector<config::Propagation>& formats) {
  const auto has = [&](config::Propagation format) { return std::ranges::count(formats, format) != 0; };
  w3c_ = formats.empty() || has(config::Propagation::w3c);
  b3_ = has(config::Propagation::b3);
  b3_multi_ = has(config::Propagation::b3_multi);
}

void Propagated::write(Headers& headers, const Context& context) const {
  Arena& arena = headers.arena();
  if (w3c_) {
    char* const value = arena.array<char>(base::kTraceParentSize);
    base::write_traceparent(value, context.self, context.is_sampled);
    headers.set(name_of(Part::traceparent), {value, base::kTraceParentSize});
    if (!context.tracestate.empty()) headers.set(name_of(Part::tracestate), context.tracestate);
  }
  if (b3_) {
    char* const value = arena.array<char>(base::kB3Size);
    base::write_b3(value, context.self, context.is_sampled, context.is_debug);
    headers.set(name_of(Part::b3), {value, base::kB3Size});
  }
  if (b3_multi_) write_b3_fields(headers, context);
}

void Propagated::write_b3_fields(Headers& headers, const Context& context) const {
  const auto hex = [&](auto id) {
    char* const begin = headers.arena().array<char>(2 * sizeof id);
    return std::string_view(begin, static_cast<std::size_t>(base::write_hex(begin, id) - begin));
  };
  headers.set(name_of(Part::trace_id), hex(context.self.trace));
  headers.set(name_of(Part::span_id), hex(context.self.span));
  if (context.parent != 0) headers.set(name_of(Part::parent_id), hex(context.parent));
  if (context.is_debug) {
    headers.set(name_of(Part::flags), "1");
  } else {
    headers.set(name_of(Part::sampled), context.is_sampled ? "1" : "0");
  }
}

}  // namespace outrigger::filters
