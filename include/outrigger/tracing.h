#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "outrigger/config.h"

// What the file says of traces, and of where records of what happened are sent.
namespace outrigger::config {

enum class ExportEncoding : std::uint8_t { protobuf, json };

// Who collects records. One of the two URLs is set.
struct Exporter {
  std::string otlp{};
  std::string zipkin{};
  ExportEncoding encoding = ExportEncoding::protobuf;  // of OTLP
  std::map<std::string, std::string> headers{};        // values may be secret references
  Duration timeout = std::chrono::seconds(10);         // of one batch
};
void describe(Schema<Exporter>& schema);

// Of which fields the context is made that goes to services.
enum class Propagation : std::uint8_t { w3c, b3, b3_multi };

// The block `tracing:`: what every filter of that name begins with.
struct Tracing {
  std::optional<Exporter> exporter;
  std::optional<Share> sample;           // 100%
  std::optional<bool> sample_errors;     // true
  std::vector<Propagation> propagation;  // empty: W3C
  std::string service_name = "outrigger";
  std::map<std::string, std::string> attributes;  // of the resource
};
void describe(Schema<Tracing>& schema);

// For the keys that the block and the filter share.
template <typename T>
void describe_tracing_keys(Schema<T>& schema) {
  schema.field("exporter", &T::exporter, "Who collects the spans; absent: they are only passed on.")
      .example("{otlp: \"http://127.0.0.1:4318\"}");
  schema
      .field("sample", &T::sample,
             "Share of the traces that begin here; what the client's own context says goes first. Absent: all.")
      .example("10%");
  schema.field("sample_errors", &T::sample_errors,
               "Requests that failed are sent to the exporter whatever was decided at their start. Absent: true.");
  schema
      .field("propagation", &T::propagation,
             "The fields in which services get the context: traceparent and tracestate, b3, or X-B3-.... Absent: w3c.")
      .one_or_many()
      .values({{"w3c", Propagation::w3c}, {"b3", Propagation::b3}, {"b3_multi", Propagation::b3_multi}})
      .example("[w3c, b3]");
}

}  // namespace outrigger::config
