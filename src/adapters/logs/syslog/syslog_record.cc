#include "adapters/logs/syslog/syslog_record.h"

#include <string>

#include "adapters/logs/syslog/message.h"
#include "adapters/logs/transform/level.h"

namespace outrigger::adapters::logs {
namespace {

void add_if_any(Record& record, const char* name, std::string_view value) {
  if (!value.empty()) record.add(name, std::string(value));
}

}  // namespace

std::string_view read_syslog(std::string_view text, const Zone& zone, Record& record) {
  static const TimeFormat kAuto = *TimeFormat::compile("auto");
  SyslogMessage message = parse_syslog(text);
  if (!message.time.empty()) {
    record.time = kAuto.parse(message.time, zone, record.read_at);
    if (!record.time) record.add("time_text", std::string(message.time));
  }
  record.level = level_of_severity(message.severity);
  if (!message.has_priority) record.flag("no_priority");
  record.add("facility", std::string(facility_name(message.facility)));
  add_if_any(record, "host", message.host);
  add_if_any(record, "app", message.app);
  add_if_any(record, "pid", message.process);
  add_if_any(record, "msgid", message.id);
  for (SyslogMessage::Parameter& parameter : message.parameters) {
    record.add(std::string(parameter.element) + "." + std::string(parameter.name), std::move(parameter.value));
  }
  record.message = message.content;
  return message.content;
}

}  // namespace outrigger::adapters::logs
