#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace outrigger {

// By consequence: error = a request or the process failed because of us; warn = we recovered, or an operator should
// look; info = the process changed state; what happens per request is only said at debug.
enum class LogLevel : std::uint8_t { debug, info, warn, error };

struct LogField {
  std::string_view name;  // snake_case
  std::string_view value;
};

// One line of the process log, on stderr: what happened, in words, and its particulars as fields. Never waits: what the
// sink cannot take is dropped and counted. Thread: any. Cost: formats and queues the line; not for the hot path.
void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});
// Would a line of this level be written? Asked before a line that is costly to make.
bool is_logged(LogLevel level);

}  // namespace outrigger
