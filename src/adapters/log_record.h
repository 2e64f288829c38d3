#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "outrigger/clock.h"

namespace outrigger::adapters {

// How grave a line says it is; unknown where it says nothing.
enum class LogSeverity : std::uint8_t { unknown, trace, debug, info, warn, error, fatal };

// Found in a line by a parser.
struct ParsedField {
  std::string_view name;
  std::string_view value;
};

// One line of the service's log, parsed. A view: good while the callback that got it runs.
struct LogRecord {
  WallTime time;  // as the line says, else when it was read
  LogSeverity level = LogSeverity::unknown;
  std::string_view body;                // the whole line as it was read, so that patterns see what the service wrote
  std::span<const ParsedField> fields;  // what a parser found, in order, names unique; texts and numbers as they stood
  std::string_view source;              // where it came from: the file, "stdin", the syslog address

  // The value of that field; empty if there is none.
  std::string_view field(std::string_view name) const {
    for (const ParsedField& each : fields) {
      if (each.name == name) return each.value;
    }
    return {};
  }
};

}  // namespace outrigger::adapters
