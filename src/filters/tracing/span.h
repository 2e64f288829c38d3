#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/trace/trace_context.h"
#include "outrigger/exchange.h"
#include "outrigger/line_log.h"
#include "outrigger/tracing.h"

namespace outrigger::filters {

// One property of a span; nothing is copied.
struct Attribute {
  std::string_view key;
  std::string_view text;
  std::int64_t number = 0;
  bool is_number = false;
};

// The properties of one span. What has no value is left out.
class Attributes {
 public:
  void add(std::string_view key, std::string_view text) {
    if (!text.empty() && size_ < all_.size()) all_[size_++] = {key, text};
  }
  void add(std::string_view key, std::int64_t number) {
    if (size_ < all_.size()) all_[size_++] = {key, {}, number, true};
  }
  const Attribute* begin() const { return all_.data(); }
  const Attribute* end() const { return all_.data() + size_; }

 private:
  std::array<Attribute, 28> all_;
  std::size_t size_ = 0;
};

// A piece of work that ended, as OpenTelemetry's model has it. Views into the exchange.
struct Span {
  base::TraceId trace;
  std::uint64_t id = 0;
  std::uint64_t parent = 0;  // 0: none
  bool is_parent_remote = false;
  bool is_sampled = false;  // what others were told
  std::string_view tracestate;
  std::string_view name;
  bool is_server = false;      // else a client's
  std::uint64_t start = 0;     // nanoseconds since 1970
  std::uint64_t duration = 0;  // nanoseconds
  Attributes attributes;
  bool is_error = false;
  std::string_view error;            // in words; empty where the status says it
  const Decision* events = nullptr;  // since `start`
  struct Remote {                    // of a client's span: for Zipkin
    std::string_view name, address;
    std::int64_t port = 0;
  } remote;
};

// How much of a span is written: when it does not fit whole, less of it is.
struct SpanLimits {
  std::size_t text;    // bytes of a value
  std::size_t events;  // of the first
};

// `flags` of OTLP: what others were told, and whether the parent is somewhere else.
std::uint32_t span_flags(const Span& span);

// Writes a span as a record of its form (outrigger/export.h); how long it is, 0 when the room is too small.
std::size_t write_otlp_span(const Span& span, SpanLimits limits, char* room, std::size_t size);
std::size_t write_otlp_json_span(const Span& span, SpanLimits limits, char* room, std::size_t size);
// `service_name` is the local endpoint's.
std::size_t write_zipkin_span(const Span& span, SpanLimits limits, std::string_view service_name, char* room,
                              std::size_t size);

// Where a filter's spans go. Thread: one.
class SpanSink {
 public:
  enum class Form : std::uint8_t { otlp, otlp_json, zipkin };
  SpanSink(Form form, std::string service_name, std::unique_ptr<LineLog> log)
      : form_(form), service_name_(std::move(service_name)), log_(std::move(log)) {}
  // The sink that the settings ask for; `resource` null: with the defaults.
  static std::unique_ptr<SpanSink> open(const config::Exporter& exporter, const config::Tracing* resource);
  // Never waits: a span for which there is no room is dropped and counted.
  void write(const Span& span) noexcept;

 private:
  std::size_t write(const Span& span, SpanLimits limits, char* room) const;
  Form form_;
  std::string service_name_;
  std::unique_ptr<LineLog> log_;
};

}  // namespace outrigger::filters
