#include "upstream/health/grpc_health.h"

#include <cstdint>
#include <optional>

#include "outrigger/grpc.h"

namespace outrigger::upstream {

namespace {

constexpr std::size_t kPrefix = 5;  // is it compressed, and its length
constexpr std::uint64_t kServing = 1;
constexpr std::string_view kStates[] = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 128; value >>= 7) out += static_cast<char>(value | 128);
  out += static_cast<char>(value);
}

std::optional<std::uint64_t> take_varint(std::string_view& from) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !from.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(from.front());
    from.remove_prefix(1);
    value |= std::uint64_t{byte & 127U} << shift;
    if (byte < 128) return value;
  }
  return std::nullopt;
}

// Field 1 of the message, a varint, which is 0 when absent; nothing for a message that is none. Other fields are passed
// over if they are varints or bytes.
std::optional<std::uint64_t> state_in(std::string_view message) {
  std::uint64_t state = 0;
  while (!message.empty()) {
    const auto tag = take_varint(message);
    if (!tag || (*tag & 7) > 2 || (*tag & 7) == 1) return std::nullopt;
    const auto value = take_varint(message);
    if (!value) return std::nullopt;
    if (*tag == 1U << 3) state = *value;
    if ((*tag & 7) != 2) continue;
    if (*value > message.size()) return std::nullopt;
    message.remove_prefix(*value);
  }
  return state;
}

std::string problem_of_message(std::string_view content) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(content[at]); };
  const bool is_plain = content.size() >= kPrefix && content[0] == 0;
  const std::size_t size = is_plain ? std::size_t{byte(1)} << 24 | byte(2) << 16 | byte(3) << 8 | byte(4) : 0;
  const auto state = is_plain && content.size() == kPrefix + size ? state_in(content.substr(kPrefix)) : std::nullopt;
  if (!state) return "the answer is no HealthCheckResponse";
  if (*state == kServing) return {};
  return "the service says " + std::string(*state < std::size(kStates) ? kStates[*state] : "what nobody knows");
}

}  // namespace

std::string grpc_health_request(std::string_view service) {
  std::string message;
  if (!service.empty()) {
    message = "\x0a";
    append_varint(message, service.size());
    message += service;
  }
  std::string framed(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) framed += static_cast<char>(message.size() >> shift);
  return framed + message;
}

std::string grpc_health_problem(const ResponseHead& head, std::string_view content, const Headers& trailers) {
  if (head.status != 200) return "status " + std::to_string(head.status);
  const auto in_head = grpc::status_of(head.headers);
  const auto status = in_head ? in_head : grpc::status_of(trailers);
  if (!status) return "the answer has no grpc-status";
  if (*status != grpc::Status::ok) return "grpc-status " + std::string(grpc::name_of(*status));
  return problem_of_message(content);
}

}  // namespace outrigger::upstream
