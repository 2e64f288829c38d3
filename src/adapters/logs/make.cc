#include "adapters/logs/make.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <utility>

#include "adapters/logs/output/file_output.h"
#include "adapters/logs/output/http_output.h"
#include "adapters/logs/output/stdout_output.h"
#include "adapters/logs/output/syslog_output.h"
#include "adapters/logs/parse/json_parser.h"
#include "adapters/logs/parse/logfmt_parser.h"
#include "adapters/logs/parse/pattern_parser.h"
#include "adapters/logs/syslog/message.h"
#include "base/hash.h"
#include "base/otlp/collector_url.h"

namespace outrigger::adapters::logs {
namespace {

std::optional<base::Regex> optional_regex(const std::string& pattern) {
  if (pattern.empty()) return std::nullopt;
  return base::Regex::compile(pattern).value();
}

std::unique_ptr<LineParser> make_parser(const LogsConfig& config) {
  if (!config.regex.empty()) return PatternParser::regex(config.regex).value();
  if (!config.grok.empty()) return PatternParser::grok(config.grok, config.patterns).value();
  if (config.json) return std::make_unique<JsonParser>();
  if (config.logfmt) return std::make_unique<LogfmtParser>();
  return nullptr;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

HttpTarget http_target(const LogsConfig& config, const std::string& authorization) {
  const OutputConfig& output = config.output;
  HttpTarget target;
  target.timeout = output.timeout;
  if (!output.otlp.empty()) {
    target.url = base::collector_url(output.otlp, "/v1/logs");
    target.form = HttpForm::otlp;
    target.resource = output.attributes;
    target.resource.emplace("service.name", output.service_name.empty() ? config.label() : output.service_name);
    target.resource.emplace("host.name", host_name());
  } else {
    target.url = output.http;
    target.form = output.body == OutputHttpFormat::array ? HttpForm::array : HttpForm::lines;
  }
  for (const auto& [name, value] : output.headers) target.fields.emplace_back(name, value);
  if (!authorization.empty()) target.fields.emplace_back("Authorization", authorization);
  return target;
}

SyslogTarget syslog_target(const OutputConfig& output) {
  SyslogTarget target;
  target.address = net::Address::parse(output.syslog).value();
  target.is_stream = output.transport == SyslogTransport::stream;
  target.form = output.format == OutputSyslogFormat::rfc3164 ? SyslogForm::rfc3164 : SyslogForm::rfc5424;
  target.facility = find_facility(output.facility).value_or(16);
  target.host = host_name();
  target.app = output.app;
  target.text_only = output.content == OutputContent::text;
  return target;
}

}  // namespace

RecordRules make_rules(const LogsConfig& config) {
  RecordRules rules;
  rules.is_syslog = !config.syslog.empty();
  rules.parser = make_parser(config);
  rules.lines.keep = optional_regex(config.lines.keep);
  rules.lines.drop = optional_regex(config.lines.drop);
  rules.lines.rate = config.lines.rate;
  rules.lines.burst = config.lines.burst;
  rules.normalize.time_field = config.time.field;
  for (const std::string& format : config.time.format) {
    rules.normalize.formats.push_back(TimeFormat::compile(format).value());
  }
  rules.normalize.zone = Zone::find(config.time.zone).value_or(Zone());
  rules.normalize.level_field = config.level.field;
  rules.normalize.levels = config.level.map;
  rules.normalize.message_field = config.message;
  rules.fields.redacted_fields = config.redact.fields;
  for (const std::string& pattern : config.redact.patterns) {
    rules.fields.redacted_patterns.push_back(base::Regex::compile(pattern).value());
  }
  rules.fields.renamed = config.fields.rename;
  rules.fields.kept = config.fields.keep;
  rules.fields.dropped = config.fields.drop;
  rules.fields.added = config.fields.add;
  rules.finds_trace = config.trace_context;
  return rules;
}

JoinRule make_join_rule(const LogsConfig& config) {
  JoinRule rule;
  if (config.multiline) {
    rule.start = optional_regex(config.multiline->start);
    rule.continued = optional_regex(config.multiline->continued);
    rule.most_lines = config.multiline->max_lines;
    rule.most_bytes = config.multiline->max_size.bytes;
  } else if (!config.grok.empty()) {
    rule.continued = optional_regex(std::string(continued_lines_of(config.grok)));
  }
  return rule;
}

TailOptions make_tail_options(const LogsConfig& config) {
  TailOptions options;
  options.patterns = config.tail;
  options.excluded = config.exclude;
  options.from_end =
      config.from == StartAt::end || (config.from == StartAt::automatic && state_directory(config).empty());
  options.look_every = config.look_every;
  if (config.multiline) options.flush_after = config.multiline->flush_after;
  options.longest_line = config.max_line.bytes;
  options.most_files = config.max_files;
  options.join = make_join_rule(config);
  return options;
}

QueueOptions make_queue_options(const LogsConfig& config) {
  const OutputConfig& output = config.output;
  QueueOptions options;
  options.every = output.batch.every;
  options.batch_bytes = output.batch.max_size.bytes;
  options.batch_lines = output.batch.max_lines;
  options.memory = output.max_memory.bytes;
  if (output.spool) options.disk = output.spool->max_size.bytes;
  options.first_pause = output.backoff.base;
  options.longest_pause = std::max(output.backoff.base, output.backoff.max);
  const bool waits_by_itself = output.when_full == WhenFull::automatic && !config.tail.empty();
  options.may_drop = output.when_full != WhenFull::wait && !waits_by_itself;
  return options;
}

std::unique_ptr<Output> make_output(const LogsConfig& config, const std::string& authorization, EventLoop& loop,
                                    net::dns::Resolver& resolver) {
  const OutputConfig& output = config.output;
  if (!output.file.empty()) {
    return std::make_unique<FileOutput>(FileOptions{output.file, output.max_size, output.keep, output.sync});
  }
  if (!output.syslog.empty()) return std::make_unique<SyslogOutput>(loop, syslog_target(output));
  if (!output.otlp.empty() || !output.http.empty()) {
    return std::make_unique<HttpOutput>(loop, resolver, http_target(config, authorization));
  }
  return std::make_unique<StdoutOutput>(loop);
}

std::string state_directory(const LogsConfig& config) {
  if (!config.state.empty()) return config.state;
  const char* given = std::getenv("STATE_DIRECTORY");
  if (given == nullptr) return {};
  const std::string_view all(given);  // systemd separates several by colons
  return std::string(all.substr(0, all.find(':')));
}

std::string state_name(const LogsConfig& config) {
  std::string text = config.name;
  for (const std::string& pattern : config.tail) text += '\n' + pattern;
  return fmt::format("logs-{:016x}.positions", stable_hash(text));
}

}  // namespace outrigger::adapters::logs
