#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "filters/status_ranges.h"
#include "outrigger/exchange.h"
#include "outrigger/grpc.h"

namespace outrigger::filters {

// What counts as failed, as listed in the file: `connect-failure`, `reset`, `refused-stream`, `timeout`,
// `breaker-open`, `no-endpoint`, `queue-full`, a class of status codes ("5xx"), one ("503") or a range ("502-504").
//
// Status words match answers of the service only: our own 502 or 504 is matched by the word for its cause. An answer of
// the filter `fault` counts as the service's, so that the rest can be tried with it.
class Conditions {
 public:
  Conditions() = default;
  // Words that `check` refuses are skipped; the schema does not let them through. `grpc_statuses`: "unavailable", of
  // the service's answers without messages.
  explicit Conditions(const std::vector<std::string>& words, const std::vector<std::string>& grpc_statuses = {});

  bool matches(const Response& response) const {
    return matches(response.failure(), status_of(response)) || matches_grpc(response);
  }
  // `status` is 0 unless the service answered.
  bool matches(Failure failure, std::uint16_t status) const;
  bool matches(std::optional<grpc::Status> status) const {
    return status && (grpc_statuses_ >> static_cast<unsigned>(*status) & 1U) != 0;
  }
  // The answer has one of the gRPC statuses.
  bool matches_grpc(const Response& response) const {
    return grpc_statuses_ != 0 && status_of(response) == 200 && matches(grpc::status_of(response.head().headers));
  }

  // The error text for a word, "" when it is good. For `FieldBuilder::check_text`.
  static std::string check(const std::string& word);
  static std::string check_grpc(const std::string& word);

 private:
  static std::uint16_t status_of(const Response& response) {
    const bool is_ours = response.is_local() && response.failure() != Failure::fault_injected;
    return is_ours ? std::uint16_t{0} : response.status();
  }

  std::uint64_t failures_ = 0;       // a bit for each Failure
  std::uint32_t grpc_statuses_ = 0;  // a bit for each grpc::Status
  StatusRanges statuses_;
};

// Did the request not even reach the service? The failures behind `connect-failure`.
bool is_connect_failure(Failure failure);

}  // namespace outrigger::filters
