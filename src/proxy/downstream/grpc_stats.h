#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "outrigger/grpc.h"
#include "outrigger/stats.h"

namespace outrigger::proxy {

// Counts of a worker's calls of gRPC by service, method and status. The first kMostMethods that a service knew are
// counted by name, all others as "other": clients may ask for what they like. Thread: its worker.
class GrpcStats {
 public:
  static constexpr std::size_t kMostMethods = 128;

  // `path` is "/package.Service/Method"; `is_known`: the service has it, by its answer.
  void count(std::string_view path, bool is_known, grpc::Status status, Duration duration);

 private:
  struct Method {
    std::string service, name;
    stats::Histogram duration;
    std::array<std::optional<stats::Counter>, std::size(grpc::kStatusNames)> by_status{};
  };
  Method& method(std::string_view path, bool is_known);
  static Method make(std::string service, std::string name);

  std::map<std::string, Method, std::less<>> methods_;
  std::optional<Method> other_;
};

}  // namespace outrigger::proxy
