#pragma once

#include <vector>

#include "adapters/log_record.h"
#include "adapters/logs/record.h"

namespace outrigger::adapters::logs {

// A record as the other adapters see it.
class LogLine {
 public:
  // A view of `record`, good until the next call.
  LogRecord of(const Record& record);

 private:
  std::vector<ParsedField> fields_;
};

}  // namespace outrigger::adapters::logs
