#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "filters/line.h"
#include "filters/status_ranges.h"
#include "filters/template.h"
#include "outrigger/filter.h"
#include "outrigger/line_log.h"
#include "outrigger/tracing.h"
#include "outrigger/units.h"

namespace outrigger::filters {

struct AccessLogFields {
  std::map<std::string, std::string> add;
  std::vector<std::string> drop;
};
void describe(config::Schema<AccessLogFields>& schema);

struct AccessLogWhen {
  std::vector<std::string> status;
  std::optional<Duration> slower_than;
  std::optional<Share> sample;
};
void describe(config::Schema<AccessLogWhen>& schema);

struct AccessLogOptions {
  std::string format = "json";
  std::string path;
  std::optional<config::Exporter> exporter;
  AccessLogFields fields;
  AccessLogWhen when;
};
void describe(config::Schema<AccessLogOptions>& schema);

// A field of a log: its name and what it says.
struct AccessLogField {
  std::string name;
  std::vector<Template::Part> value;
  bool is_number = false;
};
// The standard fields without those dropped, then those added.
std::vector<AccessLogField> log_fields(const AccessLogFields& fields);

// One entry of a log about an exchange that ended.
class LogFormat {
 public:
  virtual ~LogFormat() = default;
  // The length of the entry, its end included; 0: it cannot be written.
  virtual std::size_t write(const Moment& moment, char* room, std::size_t size) const = 0;
};

// A line, JSON or text, in the form that the options ask for.
class LineFormat final : public LogFormat {
 public:
  explicit LineFormat(const AccessLogOptions& options);
  std::size_t write(const Moment& moment, char* room, std::size_t size) const override;

 private:
  // A field of a JSON line, or a part of a line of text.
  struct Item {
    std::string lead;  // what stands before the value: `,"method":"`, or fixed text
    std::vector<Template::Part> value;
    bool is_number = false;
    bool is_plain = false;  // is written as it is
  };
  void add_text(std::string_view text);
  void write_json(const Moment& moment, Line& line) const;
  void write_text(const Moment& moment, Line& line) const;

  std::vector<Item> items_;
  bool is_json_;
};

// A log record of OpenTelemetry, the fields as its attributes. A field without a value is left out.
class RecordFormat final : public LogFormat {
 public:
  explicit RecordFormat(const AccessLogOptions& options);
  std::size_t write(const Moment& moment, char* room, std::size_t size) const override;

 private:
  std::size_t write_protobuf(const Moment& moment, std::size_t most, char* room, std::size_t size) const;
  std::size_t write_json(const Moment& moment, std::size_t most, char* room, std::size_t size) const;

  std::vector<AccessLogField> fields_;
  bool is_json_;
};

// Writes a line for every exchange when it ends, however it ends. Thread: one instance per worker.
class AccessLog : public Filter {
 public:
  AccessLog(const AccessLogOptions& options, std::unique_ptr<LineLog> log);
  // No coroutine: it does not look at the answer.
  [[clang::coro_wrapper]] Task<Response> handle(Exchange& exchange, Next next) override;
  void refused(Exchange& exchange) override;

 private:
  class Entry;
  bool wants(const Outcome& outcome) const;
  void write(const Exchange& exchange, const Outcome& outcome) const;

  std::unique_ptr<LogFormat> format_;
  StatusRanges status_;
  std::optional<Duration> slower_than_;
  std::optional<double> sample_;
  std::unique_ptr<LineLog> log_;
};

extern const FilterType kAccessLogType;

}  // namespace outrigger::filters
