#include "server/admin/times.h"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace outrigger::server {

std::string utc(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string utc_with_milliseconds(WallTime time) {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  char fraction[8];
  std::snprintf(fraction, sizeof fraction, ".%03dZ", static_cast<int>(since % 1000));
  std::string text = utc(time);
  text.pop_back();
  return text + fraction;
}

nlohmann::json milliseconds_or_null(const std::optional<Duration>& value) {
  if (!value) return nullptr;
  return std::chrono::duration_cast<std::chrono::milliseconds>(*value).count();
}

}  // namespace outrigger::server
