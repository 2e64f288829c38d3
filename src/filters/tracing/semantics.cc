#include "filters/tracing/semantics.h"

#include <charconv>

#include "base/query.h"

namespace outrigger::filters::semantics {

std::string_view protocol_version(Version version) {
  return version == Version::http2 ? "2" : version == Version::http11 ? "1.1" : "1.0";
}

void set_method(Span& span, std::string_view token, bool is_known) {
  span.name = is_known ? token : "HTTP";
  span.attributes.add("http.request.method", is_known ? token : "_OTHER");
  if (!is_known) span.attributes.add("http.request.method_original", token);
}

HostPort split_place(std::string_view place) {
  if (place.starts_with("unix:")) return {place.substr(5)};
  HostPort made;
  made.host = host_of(place);
  if (made.host.size() < place.size()) {
    const std::string_view digits = place.substr(made.host.size() + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), made.port);
  }
  if (made.host.starts_with('[') && made.host.ends_with(']')) made.host = made.host.substr(1, made.host.size() - 2);
  return made;
}

void add_server(Span& span, HostPort server) {
  span.attributes.add("server.address", server.host);
  if (server.port != 0) span.attributes.add("server.port", server.port);
}

std::string_view without_credentials(std::string_view target, Arena& arena) {
  if (!target.contains('?')) return target;
  for (const std::string_view name : {"AWSAccessKeyId", "Signature", "sig", "X-Goog-Signature"}) {
    target = base::with_hidden_parameter(target, name, arena);
  }
  return target;
}

void set_outcome(Span& span, std::uint16_t status, Failure failure, bool is_error, Arena& arena) {
  if (status != 0) span.attributes.add("http.response.status_code", std::int64_t{status});
  span.is_error = is_error;
  if (!is_error) return;
  if (failure != Failure::none) {
    span.error = outrigger::describe(failure).text;
    span.attributes.add("error.type", outrigger::describe(failure).token);
    return;
  }
  char* const digits = arena.array<char>(5);
  const char* const end = std::to_chars(digits, digits + 5, status).ptr;
  span.attributes.add("error.type", {digits, static_cast<std::size_t>(end - digits)});
}

bool is_server_error(grpc::Status status) {
  switch (status) {
    case grpc::Status::unknown:
    case grpc::Status::deadline_exceeded:
    case grpc::Status::unimplemented:
    case grpc::Status::internal:
    case grpc::Status::unavailable:
    case grpc::Status::data_loss:
      return true;
    default:
      return false;
  }
}

}  // namespace outrigger::filters::semantics
