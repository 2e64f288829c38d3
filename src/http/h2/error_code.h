#pragma once

#include <cstdint>
#include <iterator>
#include <string_view>

namespace outrigger::http::h2 {

// Why a stream or a connection ended. RFC 9113 section 7; a peer may send numbers that are not among them.
enum class ErrorCode : std::uint32_t {
#define OUTRIGGER_HTTP2_ERROR(name, number) name = number,
#include "http/h2/error_code.def"
#undef OUTRIGGER_HTTP2_ERROR
};

inline constexpr std::string_view kErrorNames[] = {
#define OUTRIGGER_HTTP2_ERROR(name, number) #name,
#include "http/h2/error_code.def"
#undef OUTRIGGER_HTTP2_ERROR
};

// "protocol_error"; "unknown" for a number without a name.
constexpr std::string_view error_name(ErrorCode code) {
  const auto number = static_cast<std::uint32_t>(code);
  return number < std::size(kErrorNames) ? kErrorNames[number] : "unknown";
}

}  // namespace outrigger::http::h2
