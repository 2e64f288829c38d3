#pragma once

#include <string>

#include "http/h2/abuse.h"
#include "http/h2/error_code.h"
#include "outrigger/stats.h"

namespace outrigger::upstream {

// Counts of an upstream's HTTP/2 connections. Copying is cheap.
class SharedStats {
 public:
  SharedStats() = default;
  explicit SharedStats(const std::string& upstream);

  // What is rare looks its counter up each time: one for each code would be a kilobyte an upstream.
  void count_reset(http::h2::ErrorCode code) const;
  void count_reset_by_service(http::h2::ErrorCode code) const;
  void count_goaway(http::h2::ErrorCode code) const;
  void count_error(http::h2::ErrorCode code) const;
  void count(http::h2::Abuse abuse) const;

  stats::Gauge connections_open, streams_open;
  stats::Counter pings_unanswered;

 private:
  void count(const char* name, const char* help, const char* label, std::string_view value) const;
  std::string upstream_;
};

}  // namespace outrigger::upstream
