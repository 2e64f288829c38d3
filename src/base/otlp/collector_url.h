#pragma once

#include <string>
#include <string_view>

namespace outrigger::base {

// Where a collector takes one kind of records: `url` itself where it has a path or a query, else `url` with `path`
// ("/v1/logs"), as OTEL_EXPORTER_OTLP_ENDPOINT has it for a base without a path (OTLP exporter specification).
inline std::string collector_url(std::string_view url, std::string_view path) {
  const auto scheme = url.find("://");
  const auto rest = url.find_first_of("/?", scheme == std::string_view::npos ? 0 : scheme + 3);
  if (rest != std::string_view::npos && url.substr(rest) != "/") return std::string(url);
  return std::string(url.substr(0, rest)) + std::string(path);
}

}  // namespace outrigger::base
