#pragma once

#include <cstdint>
#include <string_view>

#include "filters/tracing/span.h"
#include "outrigger/grpc.h"

// Names and values of OpenTelemetry's stable semantic conventions for HTTP (version 1.23 and later).
namespace outrigger::filters::semantics {

inline constexpr std::string_view kSchemaUrl = "https://opentelemetry.io/schemas/1.26.0";

// "1.1", "2".
std::string_view protocol_version(Version version);
// Name of the span and http.request.method; a method that is not of the known ones is _OTHER.
void set_method(Span& span, std::string_view token, bool is_known);
// A host without brackets; 0: no port is said.
struct HostPort {
  std::string_view host;
  std::int64_t port = 0;
};
// Of "host:port", "[::1]:80", "host", and "unix:/path", whose path is the host.
HostPort split_place(std::string_view place);
// server.address, server.port.
void add_server(Span& span, HostPort server);
// The target with the values of parameters that are known to be credentials replaced.
std::string_view without_credentials(std::string_view target, Arena& arena);
// http.response.status_code, and error.type where the answer is an error: `failure`, else the status as text.
void set_outcome(Span& span, std::uint16_t status, Failure failure, bool is_error, Arena& arena);
// What went wrong in a call of gRPC by its server's part.
bool is_server_error(grpc::Status status);

}  // namespace outrigger::filters::semantics
