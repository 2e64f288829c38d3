#include "adapters/logs/log_line.h"

#include <algorithm>
#include <iterator>

#include "adapters/logs/transform/level.h"

namespace outrigger::adapters::logs {

LogRecord LogLine::of(const Record& record) {
  fields_.clear();
  if (!record.message.empty()) fields_.push_back({"msg", record.message});
  if (!record.level.empty()) fields_.push_back({"level", record.level});
  for (const Field& field : record.fields) fields_.push_back({field.name, field.value});
  const auto level = std::ranges::find(kLevels, record.level) - std::begin(kLevels);
  LogRecord line;
  line.time = record.time.value_or(record.read_at);
  if (level < std::ssize(kLevels)) line.level = static_cast<LogSeverity>(level + 1);
  line.body = record.line;
  line.fields = fields_;
  line.source = record.source;
  return line;
}

}  // namespace outrigger::adapters::logs
