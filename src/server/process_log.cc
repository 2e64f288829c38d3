#include "server/process_log.h"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <thread>

#include "config/json_text.h"
#include "outrigger/stats.h"

namespace outrigger::server {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kQueue = 256;  // lines
constexpr const char* kText = "%Y-%m-%d %H:%M:%S.%e %^%-7l%$ %v";
constexpr const char* kJson = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ",%v})";

spdlog::level::level_enum native(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

bool wants_json(config::LogFormat format) {
  if (format == config::LogFormat::automatic) return ::isatty(STDERR_FILENO) == 0;
  return format == config::LogFormat::json;
}

constexpr std::string_view kLevels[] = {"debug", "info", "warn", "error"};

std::string as_json(LogLevel level, std::string_view message, std::span<const LogField> fields) {
  std::string line = "\"level\":\"";
  line.append(kLevels[static_cast<std::size_t>(level)]).append("\",\"message\":" + config::json_text(message));
  for (const LogField& field : fields) {
    const std::string_view* text = field.value.text();
    line += ',' + config::json_text(field.name) + ':' + (text ? config::json_text(*text) : field.value.shown());
  }
  return line;
}

std::string as_text(std::string_view message, std::span<const LogField> fields) {
  std::string line(message);
  for (const LogField& field : fields) line.append(" ").append(field.name).append("=").append(field.value.shown());
  return line;
}

}  // namespace

ProcessLog::ProcessLog(const config::Logging& settings) {
  spdlog::init_thread_pool(kQueue, 1);
  auto sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>();
  logger_ = std::make_shared<spdlog::async_logger>("outrigger", std::move(sink), spdlog::thread_pool(),
                                                   spdlog::async_overflow_policy::overrun_oldest);
  logger_->flush_on(spdlog::level::debug);
  apply(settings);
  stats::counter_callback("outrigger_process_log_dropped_lines_total",
                          "Lines of the process log that stderr did not take.", {}, [] {
                            const auto pool = spdlog::thread_pool();
                            return pool ? static_cast<double>(pool->overrun_counter()) : 0.0;
                          });
  set_log_writer(this);
}

ProcessLog::~ProcessLog() {
  set_log_writer(nullptr);
  spdlog::shutdown();  // joins the writer, which may still use the logger
  logger_.reset();
}

void ProcessLog::apply(const config::Logging& settings) {
  json_.store(wants_json(settings.format), std::memory_order_relaxed);
  logger_->set_pattern(wants_json(settings.format) ? kJson : kText, spdlog::pattern_time_type::utc);
  set_level(settings.level);
}

void ProcessLog::set_level(LogLevel level) { logger_->set_level(native(level)); }

LogLevel ProcessLog::level() const {
  for (const LogLevel level : {LogLevel::debug, LogLevel::info, LogLevel::warn}) {
    if (native(level) == logger_->level()) return level;
  }
  return LogLevel::error;
}

bool ProcessLog::flush(Duration limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (spdlog::thread_pool()->queue_size() != 0) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

void ProcessLog::write(LogLevel level, std::string_view message, std::span<const LogField> fields) {
  if (!is_logged(level)) return;
  const std::string line =
      json_.load(std::memory_order_relaxed) ? as_json(level, message, fields) : as_text(message, fields);
  logger_->log(native(level), std::string_view(line));
}

bool ProcessLog::is_logged(LogLevel level) const { return logger_->should_log(native(level)); }

}  // namespace outrigger::server
