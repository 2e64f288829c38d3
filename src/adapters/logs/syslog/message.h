#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace outrigger::adapters::logs {

// A message of syslog, RFC 5424 section 6 or RFC 3164 section 4, as views into it. Parts that are missing or nil ("-")
// are empty.
struct SyslogMessage {
  struct Parameter {
    std::string_view element;  // "exampleSDID@32473"
    std::string_view name;
    std::string value;  // without escapes
  };
  unsigned facility = 1;  // user, where the message says nothing
  unsigned severity = 5;  // notice
  bool has_priority = false;
  std::string_view time;
  std::string_view host;
  std::string_view app;
  std::string_view process;  // a number mostly
  std::string_view id;
  std::vector<Parameter> parameters;  // at most 128
  std::string_view content;
};

// Reads what is there and takes the rest as content, as RFC 3164 section 4.3.3 has it: every text is a message. Senders
// mix the forms: a time of RFC 5424 in a message of RFC 3164 is known, so is one without a host (from this machine's
// own programs). Line ends and a NUL at the end are no content.
SyslogMessage parse_syslog(std::string_view text);

// "kern" ... "local7" of 0 to 23.
std::string_view facility_name(unsigned facility);
// And back, for settings.
std::optional<unsigned> find_facility(std::string_view name);

}  // namespace outrigger::adapters::logs
