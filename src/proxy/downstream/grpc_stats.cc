#include "proxy/downstream/grpc_stats.h"

#include <algorithm>

namespace outrigger::proxy {

namespace {

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
  });
}

}  // namespace

GrpcStats::Method GrpcStats::make(std::string service, std::string name) {
  const auto duration = stats::histogram("outrigger_grpc_call_duration_seconds", "From a call's head to its last byte.",
                                         {{"service", service}, {"method", name}});
  return {std::move(service), std::move(name), duration};
}

GrpcStats::Method& GrpcStats::method(std::string_view path, bool is_known) {
  if (const auto found = methods_.find(path); found != methods_.end()) return found->second;
  const std::size_t slash = path.rfind('/');
  const bool has_both = path.starts_with('/') && slash != 0 && slash != std::string_view::npos;
  const std::string_view service = has_both ? path.substr(1, slash - 1) : std::string_view{};
  const std::string_view name = has_both ? path.substr(slash + 1) : std::string_view{};
  const bool is_new = is_known && methods_.size() < kMostMethods && is_name(service) && is_name(name);
  if (is_new) return methods_.emplace(path, make(std::string(service), std::string(name))).first->second;
  if (!other_) other_ = make("other", "other");
  return *other_;
}

void GrpcStats::count(std::string_view path, bool is_known, grpc::Status status, Duration duration) {
  Method& called = method(path, is_known);
  called.duration.observe(std::chrono::duration<double>(duration).count());
  auto& counter = called.by_status[static_cast<std::size_t>(status)];
  if (!counter) {
    counter = stats::counter(
        "outrigger_grpc_calls_total", "Calls of gRPC, by what they came to.",
        {{"service", called.service}, {"method", called.name}, {"status", std::string(grpc::name_of(status))}});
  }
  counter->add();
}

}  // namespace outrigger::proxy
