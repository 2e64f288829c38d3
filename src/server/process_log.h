#pragma once

#include <atomic>
#include <memory>

#include "base/log_writer.h"
#include "config/settings.h"

namespace spdlog {
class async_logger;
}

namespace outrigger::server {

// The process log on stderr: text on a terminal, JSON lines otherwise. Lines pass through a bounded queue to a thread
// of its own, so a stalled stderr stops nobody; the oldest lines are dropped then, and counted. One at a time: it is
// where log() goes while it lives.
class ProcessLog final : public LogWriter {
 public:
  explicit ProcessLog(const config::Logging& settings);
  ~ProcessLog();
  ProcessLog(const ProcessLog&) = delete;
  ProcessLog& operator=(const ProcessLog&) = delete;

  // Level and format as in a new configuration.
  void apply(const config::Logging& settings);
  void set_level(LogLevel level);
  LogLevel level() const;
  // Waits until all lines are out, at most `limit`; false if some are not.
  bool flush(Duration limit);

  void write(LogLevel level, std::string_view message, std::span<const LogField> fields) override;
  bool is_logged(LogLevel level) const override;

 private:
  std::shared_ptr<spdlog::async_logger> logger_;
  std::atomic<bool> json_{false};
};

}  // namespace outrigger::server
