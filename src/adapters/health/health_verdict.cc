#include "adapters/health/health_verdict.h"

#include <ctime>

#include "config/json_text.h"

namespace outrigger::adapters {
namespace {

using config::json_text;

std::string utc(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

}  // namespace

std::string_view name_of(HealthVerdict::State state) {
  switch (state) {
    case HealthVerdict::State::healthy:
      return "healthy";
    case HealthVerdict::State::unhealthy:
      return "unhealthy";
    case HealthVerdict::State::unknown:
      break;
  }
  return "unknown";
}

HealthVerdict::View HealthVerdict::view() const {
  const std::lock_guard lock(mutex_);
  return view_;
}

void HealthVerdict::publish(State state, std::vector<CheckView> checks, WallTime now) {
  const std::lock_guard lock(mutex_);
  if (view_.state != state) view_.since = now;
  view_.state = state;
  view_.checks = std::move(checks);
  state_.store(state, std::memory_order_relaxed);
}

std::string health_text(const HealthVerdict& verdict, bool has_details) {
  const HealthVerdict::View view = verdict.view();
  std::string text(name_of(view.state));
  if (!has_details) return text + "\n";
  text = verdict.name() + ": " + text + "\n";
  for (const auto& check : view.checks) {
    text +=
        (check.problem.empty() ? "+ " : "- ") + check.what + (check.problem.empty() ? "" : ": " + check.problem) + "\n";
  }
  return text;
}

std::string health_json(const HealthVerdict& verdict, bool has_details) {
  const HealthVerdict::View view = verdict.view();
  std::string text = "{\"name\":" + json_text(verdict.name()) + ",\"status\":" + json_text(name_of(view.state));
  if (view.state != HealthVerdict::State::unknown) text += ",\"since\":" + json_text(utc(view.since));
  if (!has_details) return text + "}";
  text += ",\"checks\":[";
  const char* between = "";
  for (const auto& check : view.checks) {
    text += between + ("{\"check\":" + json_text(check.what)) + ",\"ok\":" + (check.problem.empty() ? "true" : "false");
    if (!check.problem.empty()) text += ",\"problem\":" + json_text(check.problem);
    text += "}";
    between = ",";
  }
  return text + "]}";
}

}  // namespace outrigger::adapters
