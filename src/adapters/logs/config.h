#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "outrigger/config.h"

// The settings of an entry of `adapters.logs`.
namespace outrigger::adapters::logs {

enum class StartAt : std::uint8_t { automatic, beginning, end };
enum class SyslogTransport : std::uint8_t { automatic, datagram, stream, both };
enum class OutputTo : std::uint8_t { standard_output };
enum class OutputSyslogFormat : std::uint8_t { rfc5424, rfc3164 };
enum class OutputContent : std::uint8_t { json, text };
enum class OutputHttpFormat : std::uint8_t { lines, array };
enum class WhenFull : std::uint8_t { automatic, wait, drop_oldest };

struct MultilineConfig {
  std::string start;
  std::string continued;
  Duration flush_after = std::chrono::seconds(1);
  std::uint32_t max_lines = 500;
  ByteSize max_size{256 * 1024};
};

struct TimeConfig {
  std::string field;
  std::vector<std::string> format;
  std::string zone = "UTC";
};

struct LevelConfig {
  std::string field;
  std::map<std::string, std::string> map;
};

struct FieldsConfig {
  std::vector<std::string> keep;
  std::vector<std::string> drop;
  std::map<std::string, std::string> rename;
  std::map<std::string, std::string> add;
};

struct RedactConfig {
  std::vector<std::string> fields;
  std::vector<std::string> patterns;
};

struct LinesConfig {
  std::string keep;
  std::string drop;
  std::optional<Rate> rate;
  std::uint32_t burst = 0;
};

struct BatchConfig {
  Duration every = std::chrono::milliseconds(200);
  ByteSize max_size{1024 * 1024};
  std::uint64_t max_lines = 10'000;
};

struct BackoffConfig {
  Duration base = std::chrono::milliseconds(250);
  Duration max = std::chrono::seconds(30);
};

struct SpoolConfig {
  std::string path;
  ByteSize max_size{256 * 1024 * 1024};
};

struct OutputConfig {
  std::optional<OutputTo> to;
  std::string file;
  ByteSize max_size{100'000'000};
  std::uint32_t keep = 5;
  bool sync = false;
  std::string syslog;
  SyslogTransport transport = SyslogTransport::automatic;
  OutputSyslogFormat format = OutputSyslogFormat::rfc5424;
  OutputContent content = OutputContent::json;
  std::string facility = "local0";
  std::string app = "outrigger";
  std::string otlp;
  std::string service_name;
  std::map<std::string, std::string> attributes;
  std::string http;
  OutputHttpFormat body = OutputHttpFormat::lines;
  std::map<std::string, std::string> headers;
  std::optional<std::string> authorization;
  Duration timeout = std::chrono::seconds(10);
  BatchConfig batch;
  BackoffConfig backoff;
  ByteSize max_memory{16 * 1024 * 1024};
  std::optional<SpoolConfig> spool;
  WhenFull when_full = WhenFull::automatic;
};

struct LogsConfig {
  std::string name;
  std::vector<std::string> tail;
  std::vector<std::string> exclude{"*.gz", "*.xz", "*.zst", "*.bz2"};
  StartAt from = StartAt::automatic;
  std::string state;
  Duration look_every = std::chrono::seconds(1);
  std::uint32_t max_files = 1024;
  std::string syslog;
  SyslogTransport transport = SyslogTransport::automatic;
  std::uint32_t max_connections = 256;
  Duration idle = std::chrono::hours(1);
  bool standard_input = false;
  ByteSize max_line{64 * 1024};
  std::optional<MultilineConfig> multiline;
  std::string regex;
  std::string grok;
  std::map<std::string, std::string> patterns;
  bool json = false;
  bool logfmt = false;
  TimeConfig time;
  LevelConfig level;
  std::string message;
  LinesConfig lines;
  FieldsConfig fields;
  RedactConfig redact;
  bool trace_context = true;
  OutputConfig output;

  // The settings' own name, else what it reads: "/var/log/app/*.log", "127.0.0.1:5514", "stdin".
  std::string label() const;
};

void describe(config::Schema<MultilineConfig>& schema);
void describe(config::Schema<TimeConfig>& schema);
void describe(config::Schema<LevelConfig>& schema);
void describe(config::Schema<FieldsConfig>& schema);
void describe(config::Schema<RedactConfig>& schema);
void describe(config::Schema<LinesConfig>& schema);
void describe(config::Schema<BatchConfig>& schema);
void describe(config::Schema<BackoffConfig>& schema);
void describe(config::Schema<SpoolConfig>& schema);
void describe(config::Schema<OutputConfig>& schema);
void describe(config::Schema<LogsConfig>& schema);

}  // namespace outrigger::adapters::logs
