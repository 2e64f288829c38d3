#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "filters/verdict.h"

namespace outrigger::filters {

struct ExtAuthCacheOptions {
  Duration ttl = std::chrono::seconds(10);
  std::uint32_t max_entries = 10'000;
};
void describe(config::Schema<ExtAuthCacheOptions>& schema);

struct ExtAuthOptions {
  std::string upstream;
  std::string path = "/";
  Duration timeout = std::chrono::seconds(2);
  bool fail_open = false;
  std::optional<std::vector<std::string>> send_headers;
  std::vector<std::string> headers_to_service;
  std::vector<std::string> headers_to_client = {"WWW-Authenticate", "Location", "Set-Cookie"};
  std::optional<ExtAuthCacheOptions> cache;
  Mode mode = Mode::enforce;
};
void describe(config::Schema<ExtAuthOptions>& schema);

}  // namespace outrigger::filters
