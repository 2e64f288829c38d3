#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "outrigger/clock.h"
#include "outrigger/message.h"

// What a proxy must know of gRPC: its calls are POST requests over HTTP/2 whose outcome stands in the trailers.
// Source: the gRPC project's PROTOCOL-HTTP2, statuscodes and http-grpc-status-mapping.
namespace outrigger::grpc {

enum class Status : std::uint8_t {
#define OUTRIGGER_GRPC_STATUS(name) name,
#include "outrigger/grpc_status.def"
#undef OUTRIGGER_GRPC_STATUS
};
inline constexpr std::string_view kStatusNames[] = {
#define OUTRIGGER_GRPC_STATUS(name) #name,
#include "outrigger/grpc_status.def"
#undef OUTRIGGER_GRPC_STATUS
};

// "unavailable".
constexpr std::string_view name_of(Status status) { return kStatusNames[static_cast<std::size_t>(status)]; }
std::optional<Status> status_named(std::string_view name);

// By its Content-Type: application/grpc, perhaps with a format or parameters behind it; not grpc-web.
bool is_call(const RequestHead& request);
// What grpc-status says. In the head of an answer it is one without messages ("trailers-only"). A number that nobody
// knows is `unknown`.
std::optional<Status> status_of(const Headers& fields);
// What an answer without grpc-status means to a client.
Status status_for(std::uint16_t http_status);

// Value of grpc-timeout: one to eight digits and a unit; nothing for anything else.
std::optional<Duration> parse_timeout(std::string_view value);
// The same of a duration, in the arena, rounded down to its unit; at least a nanosecond.
std::string_view format_timeout(Arena& arena, Duration timeout);
// Value of grpc-message: what is no printable ASCII, and "%", as %XX. In the arena.
std::string_view encode_message(Arena& arena, std::string_view text);

}  // namespace outrigger::grpc
