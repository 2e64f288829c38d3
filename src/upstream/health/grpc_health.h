#pragma once

#include <string>
#include <string_view>

#include "outrigger/message.h"

// The messages of grpc.health.v1.Health/Check, with the five bytes that gRPC puts before each.
namespace outrigger::upstream {

// HealthCheckRequest for `service`, at most 64 KiB; empty: the server as a whole.
std::string grpc_health_request(std::string_view service);
// What is wrong with the answer, a sentence; empty when it says SERVING.
std::string grpc_health_problem(const ResponseHead& head, std::string_view content, const Headers& trailers);

}  // namespace outrigger::upstream
