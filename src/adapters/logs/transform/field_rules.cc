#include "adapters/logs/transform/field_rules.h"

#include <algorithm>

namespace outrigger::adapters::logs {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

void FieldRules::redact(Record& record) const {
  for (Field& field : record.fields) {
    if (!contains(redacted_fields, field.name)) continue;
    field.value = kRedacted;
    field.kind = Field::Kind::text;
  }
  for (const base::Regex& pattern : redacted_patterns) {
    if (pattern.found_in(record.message)) record.message = pattern.replace(record.message, kRedacted);
    for (Field& field : record.fields) {
      if (!pattern.found_in(field.value)) continue;
      field.value = pattern.replace(field.value, kRedacted);
      field.kind = Field::Kind::text;  // what was replaced in a nested value may be no JSON any more
    }
  }
}

void FieldRules::apply(Record& record) const {
  redact(record);
  for (const auto& [from, to] : renamed) {
    if (Field* field = record.find(from)) field->name = to;
  }
  if (!kept.empty()) std::erase_if(record.fields, [&](const Field& field) { return !contains(kept, field.name); });
  if (!dropped.empty()) std::erase_if(record.fields, [&](const Field& field) { return contains(dropped, field.name); });
  for (const auto& [name, value] : added) {
    if (record.find(name) == nullptr) record.add(name, value);
  }
}

}  // namespace outrigger::adapters::logs
