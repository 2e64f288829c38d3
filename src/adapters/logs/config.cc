#include "adapters/logs/config.h"

#include <algorithm>
#include <array>

#include "adapters/logs/parse/pattern_parser.h"
#include "adapters/logs/time/time_format.h"
#include "adapters/logs/transform/level.h"
#include "base/regex.h"
#include "net/address.h"

namespace outrigger::adapters::logs {
namespace {

using namespace std::chrono_literals;

std::string check_regex(const std::string& text) {
  const auto regex = base::Regex::compile(text);
  return regex ? std::string() : "bad regular expression: " + regex.error();
}

std::string check_parser_regex(const std::string& text) {
  if (text.empty()) return {};
  const auto parser = PatternParser::regex(text);
  return parser ? std::string() : "bad regular expression: " + parser.error();
}

std::string check_format(const std::string& text) {
  const auto format = TimeFormat::compile(text);
  return format ? std::string() : format.error();
}

std::string check_zone(const std::string& text) {
  const auto zone = Zone::find(text);
  return zone ? std::string() : zone.error();
}

std::string check_level(const std::string& text) {
  if (std::ranges::find(kLevels, text) != std::end(kLevels)) return {};
  return "a level is one of trace, debug, info, warn, error and fatal";
}

std::string check_address(const std::string& text) {
  if (text.empty()) return {};
  const auto address = net::Address::parse(text);
  return address ? std::string() : address.error();
}

std::string check_sources(const LogsConfig& config) {
  const std::array set{!config.tail.empty(), !config.syslog.empty(), config.standard_input};
  if (std::ranges::count(set, true) != 1) return "needs one of tail, syslog and stdin";
  const bool is_unix = config.syslog.starts_with("unix:");
  if (is_unix && config.transport == SyslogTransport::both) return "a Unix socket is datagram or stream, not both";
  if (!config.syslog.empty() && config.multiline) return "multiline is for tail and stdin: a syslog message is a whole";
  return {};
}

std::string check_parsers(const LogsConfig& config) {
  const std::array set{!config.regex.empty(), !config.grok.empty(), config.json, config.logfmt};
  if (std::ranges::count(set, true) > 1) return "has one of regex, grok, json and logfmt at most";
  if (config.grok.empty()) return config.patterns.empty() ? "" : "patterns are for grok";
  const auto parser = PatternParser::grok(config.grok, config.patterns);
  return parser ? std::string() : "grok: " + parser.error();
}

}  // namespace

std::string LogsConfig::label() const {
  if (!name.empty()) return name;
  if (standard_input) return "stdin";
  return tail.empty() ? syslog : tail.front();
}

void describe(config::Schema<MultilineConfig>& schema) {
  schema.summary("Which lines belong together.");
  schema.field("start", &MultilineConfig::start, "A regular expression that is found in the first line of each event.")
      .check_text(check_regex)
      .example("^\\d{4}-");
  schema
      .field("continued", &MultilineConfig::continued, "Or: one that is found in every line of an event but its first.")
      .check_text(check_regex)
      .example("^\\s");
  schema.field("flush_after", &MultilineConfig::flush_after, "Without another line the event ends.").range(10ms, 5min);
  schema.field("max_lines", &MultilineConfig::max_lines, "Of one event; then it ends.").range(2, 100'000);
  schema.field("max_size", &MultilineConfig::max_size, "Of one event; then it ends.")
      .range(ByteSize{1024}, ByteSize{8 * 1024 * 1024});
  schema.shorthand("start");
  schema.check([](const MultilineConfig& config) -> std::string {
    return config.start.empty() == config.continued.empty() ? "needs one of start and continued" : "";
  });
}

void describe(config::Schema<TimeConfig>& schema) {
  schema.summary("How the line says when.");
  schema.field("field", &TimeConfig::field, "Absent: the first of time, timestamp, @timestamp, ts, datetime and date.");
  schema
      .field("format", &TimeConfig::format,
             "auto, iso8601, clf, syslog, ctime, http, nginx, epoch, epoch_ms, epoch_us, epoch_ns or a pattern such "
             "as `%d.%m.%Y %H:%M:%S`. Several are tried in their order; absent: auto.")
      .one_or_many()
      .check_text(check_format);
  schema.field("zone", &TimeConfig::zone, "Of times that name none: UTC, local, +02:00 or Europe/Berlin.")
      .check_text(check_zone);
}

void describe(config::Schema<LevelConfig>& schema) {
  schema.summary("How the line says how grave it is.");
  schema.field("field", &LevelConfig::field, "Absent: the first of level, lvl, severity, loglevel and log_level.");
  schema
      .field("map", &LevelConfig::map,
             "Words of the line to trace, debug, info, warn, error or fatal, beside those that are known: WARNING, "
             "E, severe and the like.")
      .check_text(check_level)
      .example("{Achtung: warn}");
}

void describe(config::Schema<FieldsConfig>& schema) {
  schema.summary("What becomes of fields, in this order. time, level, msg and source always stay.");
  schema.field("rename", &FieldsConfig::rename, "Old name to new name.");
  schema.field("keep", &FieldsConfig::keep, "Only these; absent: all.");
  schema.field("drop", &FieldsConfig::drop, "Not these.");
  schema.field("add", &FieldsConfig::add, "Where the line has no such field.");
}

void describe(config::Schema<RedactConfig>& schema) {
  schema.summary("What nobody may see becomes `[redacted]`, in front of every other rule for fields.");
  schema.field("fields", &RedactConfig::fields, "Fields whose whole value is redacted.").one_or_many();
  schema
      .field("patterns", &RedactConfig::patterns,
             "Regular expressions: every match in the message and in the values of fields.")
      .one_or_many()
      .check_text(check_regex);
}

void describe(config::Schema<LinesConfig>& schema) {
  schema.summary("Which events become records. What is left out is counted.");
  schema.field("keep", &LinesConfig::keep, "A regular expression: only events in which it is found.")
      .check_text(check_regex);
  schema.field("drop", &LinesConfig::drop, "A regular expression: no events in which it is found.")
      .check_text(check_regex);
  schema.field("rate", &LinesConfig::rate, "How many become records; absent: all.").example("1000/s");
  schema.field("burst", &LinesConfig::burst, "How many of them at once; 0: what the rate allows in a second.");
}

void describe(config::Schema<LogsConfig>& schema) {
  schema.summary("Log lines of the service, read, given fields and passed on.");
  schema.field("tail", &LogsConfig::tail, "Files to follow: a path or a pattern with * ? and [ ], or several.")
      .one_or_many()
      .example("/var/log/app/*.log");
  schema.field("syslog", &LogsConfig::syslog, "Where to take syslog messages: host:port or unix:/path.")
      .check_text(check_address)
      .example("127.0.0.1:5514");
  schema.field("stdin", &LogsConfig::standard_input, "Lines from standard input.");
  schema.field("name", &LogsConfig::name, "In metrics and in the process log; absent: what is read.");
  schema.field("exclude", &LogsConfig::exclude, "Patterns of the names of files that are not followed.").one_or_many();
  schema
      .field("from", &LogsConfig::from,
             "Where files begin that are there at the start and of which nothing is known. auto: at the beginning "
             "with a state directory, at the end without one.")
      .values({{"auto", StartAt::automatic}, {"beginning", StartAt::beginning}, {"end", StartAt::end}});
  schema
      .field("state", &LogsConfig::state,
             "A directory for how far files were read. Absent: systemd's $STATE_DIRECTORY; without either a restart "
             "begins at the end of each file.")
      .example("/var/lib/outrigger");
  schema
      .field("look_every", &LogsConfig::look_every,
             "Looks at files where the kernel tells nothing (network file systems).")
      .range(100ms, 5min);
  schema.field("max_files", &LogsConfig::max_files, "Files that are open at a time.").range(1, 65'536);
  schema
      .field("transport", &LogsConfig::transport,
             "Of syslog: datagram (UDP), stream (TCP) or both. auto: both; for a Unix socket datagram.")
      .values({{"auto", SyslogTransport::automatic},
               {"datagram", SyslogTransport::datagram},
               {"stream", SyslogTransport::stream},
               {"both", SyslogTransport::both}});
  schema.field("max_connections", &LogsConfig::max_connections, "Of syslog; more are closed at once.").range(1, 65'536);
  schema.field("idle", &LogsConfig::idle, "A syslog connection that says nothing for so long is closed.")
      .range(1s, 24h);
  schema.field("max_line", &LogsConfig::max_line, "Of one line or message; the rest is cut off and counted.")
      .range(ByteSize{64}, ByteSize{8 * 1024 * 1024});
  schema.field("multiline", &LogsConfig::multiline,
               "A regular expression that the first line of each event has, or more about it.");
  schema.field("regex", &LogsConfig::regex, "Its named groups, `(?P<name>...)`, become fields.")
      .check_text(check_parser_regex)
      .example("^(?P<level>\\w+) (?P<msg>.*)$");
  schema.field(
      "grok", &LogsConfig::grok,
      "common, combined, nginx_error, apache_error, log4j, python_traceback, syslog, cri, or an expression such as "
      "`%{IP:client} %{NUMBER:took:float}`.");
  schema.field("patterns", &LogsConfig::patterns, "Patterns of your own for grok, by name.");
  schema.field("json", &LogsConfig::json, "Lines are JSON objects.");
  schema.field("logfmt", &LogsConfig::logfmt, "Lines are pairs: `level=info msg=\"it is up\"`.");
  schema.field("time", &LogsConfig::time, "How the line says when.");
  schema.field("level", &LogsConfig::level, "How the line says how grave it is.");
  schema.field("message", &LogsConfig::message, "The field that is the message; absent: the first of msg and message.");
  schema.field("lines", &LogsConfig::lines, "Which events become records.");
  schema.field("redact", &LogsConfig::redact, "What nobody may see.");
  schema.field("fields", &LogsConfig::fields, "What becomes of fields.");
  schema.field("trace_context", &LogsConfig::trace_context,
               "Makes fields trace_id, span_id and request_id where a field or the line has a traceparent or a request "
               "id.");
  schema.field("output", &LogsConfig::output, "Where records go; absent: stdout.");
  schema.check(check_sources);
  schema.check(check_parsers);
}

}  // namespace outrigger::adapters::logs
