#pragma once

#include <array>

#include "http/h2/abuse.h"
#include "http/h2/error_code.h"
#include "outrigger/stats.h"

namespace outrigger::proxy {

// Counts of a worker's HTTP/2 connections with clients.
struct H2Stats {
  H2Stats();
  void count_reset(http::h2::ErrorCode code) { resets[index(code)].add(); }
  void count_end(http::h2::ErrorCode code) { errors[index(code)].add(); }
  void count(http::h2::Abuse abuse) { abuses[static_cast<std::size_t>(abuse)].add(); }

  stats::Counter connections;
  stats::Gauge open_connections, open_streams;

 private:
  static constexpr std::size_t kCodes = std::size(http::h2::kErrorNames) + 1;  // the last one for all others
  static std::size_t index(http::h2::ErrorCode code) { return std::min(static_cast<std::size_t>(code), kCodes - 1); }
  std::array<stats::Counter, kCodes> resets, errors;
  std::array<stats::Counter, http::h2::kAbuseKinds> abuses;
};

}  // namespace outrigger::proxy
