#include "base/log_writer.h"

#include <atomic>
#include <cstdio>
#include <string>

namespace outrigger {

namespace {

std::atomic<LogWriter*> current_writer{nullptr};

void write_plain(std::string_view message, std::span<const LogField> fields) {
  std::string line = "outrigger: ";
  line += message;
  for (const LogField& field : fields) {
    line.append(" ").append(field.name).append("=").append(field.value.shown());
  }
  std::fprintf(stderr, "%s\n", line.c_str());
}

}  // namespace

std::string LogValue::shown() const {
  if (const std::string_view* text = this->text()) return std::string(*text);
  if (const bool* value = std::get_if<bool>(&value_)) return *value ? "true" : "false";
  return std::to_string(std::get<std::int64_t>(value_));
}

void set_log_writer(LogWriter* writer) { current_writer.store(writer, std::memory_order_release); }

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  LogWriter* writer = current_writer.load(std::memory_order_acquire);
  const std::span<const LogField> all(fields.begin(), fields.size());
  if (writer != nullptr) return writer->write(level, message, all);
  if (level != LogLevel::debug) write_plain(message, all);
}

bool is_logged(LogLevel level) {
  const LogWriter* writer = current_writer.load(std::memory_order_acquire);
  return writer != nullptr ? writer->is_logged(level) : level != LogLevel::debug;
}

}  // namespace outrigger
