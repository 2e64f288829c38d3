#pragma once

#include <map>
#include <string>
#include <vector>

#include "adapters/logs/record.h"
#include "base/regex.h"

namespace outrigger::adapters::logs {

// What becomes of a record's fields, in this order: redacted, renamed, dropped (or kept), added. time, level, msg and
// source are no fields: they always stay; msg is redacted too.
struct FieldRules {
  std::vector<std::string> redacted_fields;    // the whole value becomes "[redacted]"
  std::vector<base::Regex> redacted_patterns;  // every match in msg and in the values of fields
  std::map<std::string, std::string> renamed;
  std::vector<std::string> kept;  // empty: all
  std::vector<std::string> dropped;
  std::map<std::string, std::string> added;  // where the line has no such field

  void apply(Record& record) const;

 private:
  void redact(Record& record) const;
};

inline constexpr std::string_view kRedacted = "[redacted]";

}  // namespace outrigger::adapters::logs
