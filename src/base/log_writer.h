#pragma once

#include <span>

#include "outrigger/process_log.h"

namespace outrigger {

// Where log() goes. Thread: any, several at once.
class LogWriter {
 public:
  virtual void write(LogLevel level, std::string_view message, std::span<const LogField> fields) = 0;
  virtual bool is_logged(LogLevel level) const = 0;

 protected:
  ~LogWriter() = default;
};

// Sends every later line to `writer`; null: to stderr as plain text, as before the first call. The writer outlives its
// use. Thread: any.
void set_log_writer(LogWriter* writer);

}  // namespace outrigger
