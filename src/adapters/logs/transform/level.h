#pragma once

#include <map>
#include <string>
#include <string_view>

namespace outrigger::adapters::logs {

// trace, debug, info, warn, error, fatal.
inline constexpr std::string_view kLevels[] = {"trace", "debug", "info", "warn", "error", "fatal"};

// Which of kLevels a word means, in any case: "WARNING", "E", "severe", pino's numbers 10 to 60. Empty: none.
std::string_view level_of(std::string_view word);
// The words of syslog's severities 0 to 7 (RFC 5424 section 6.2.1) in kLevels.
std::string_view level_of_severity(unsigned severity);
// And the other way, for what is sent as syslog: 6 (informational) for what is no level.
unsigned severity_of(std::string_view level);
// OpenTelemetry's severity number of a level, 0 for what is none.
int severity_number(std::string_view level);

}  // namespace outrigger::adapters::logs
