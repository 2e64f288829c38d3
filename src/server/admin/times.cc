#include "server/admin/times.h"

#include <nlohmann/json.hpp>

namespace outrigger::server {

std::string utc(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

nlohmann::json milliseconds_or_null(const std::optional<Duration>& value) {
  if (!value) return nullptr;
  return std::chrono::duration_cast<std::chrono::milliseconds>(*value).count();
}

}  // namespace outrigger::server
