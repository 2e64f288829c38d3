#include "adapters/logs/transform/normalize.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "adapters/logs/transform/level.h"

namespace outrigger::adapters::logs {
namespace {

constexpr std::string_view kTimeNames[] = {"time", "timestamp", "@timestamp", "ts", "datetime", "date"};
constexpr std::string_view kLevelNames[] = {"level", "lvl", "severity", "loglevel", "log_level"};
constexpr std::string_view kMessageNames[] = {"msg", "message"};

template <std::size_t N>
bool is_one_of(const std::string_view (&names)[N], std::string_view name) {
  return std::ranges::find(names, name) != std::end(names);
}

}  // namespace

Normalizer::Normalizer(NormalizeRule rule) : rule_(std::move(rule)) {
  if (rule_.formats.empty()) rule_.formats.push_back(*TimeFormat::compile("auto"));
}

bool Normalizer::is_time(std::string_view name) const {
  return rule_.time_field.empty() ? is_one_of(kTimeNames, name) : name == rule_.time_field;
}
bool Normalizer::is_level(std::string_view name) const {
  return rule_.level_field.empty() ? is_one_of(kLevelNames, name) : name == rule_.level_field;
}
bool Normalizer::is_message(std::string_view name) const {
  return rule_.message_field.empty() ? is_one_of(kMessageNames, name) : name == rule_.message_field;
}

void Normalizer::apply(Record& record) const {
  bool has_time = false, has_level = false, has_message = false;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < record.fields.size(); ++i) {
    Field& field = record.fields[i];
    if (!has_time && is_time(field.name)) {
      has_time = true;
      set_time(record, field);
      if (field.name.empty()) continue;
      if (kept != i) record.fields[kept] = std::move(field);
      ++kept;
      continue;
    }
    if (!has_level && is_level(field.name)) {
      has_level = true;
      set_level(record, field.value);
    } else if (!has_message && is_message(field.name) && field.kind == Field::Kind::text) {
      has_message = true;
      record.message = std::move(field.value);
    } else {
      if (kept != i) record.fields[kept] = std::move(field);
      ++kept;
    }
  }
  record.fields.resize(kept);
}

// Leaves the field without a name when its time is taken.
void Normalizer::set_time(Record& record, Field& field) const {
  for (const TimeFormat& format : rule_.formats) {
    if (const auto time = format.parse(field.value, rule_.zone, record.read_at)) {
      record.time = time;
      field.name.clear();
      return;
    }
  }
  field.name = "time_text";
}

void Normalizer::set_level(Record& record, std::string_view word) const {
  const auto own = rule_.levels.find(std::string(word));
  if (own != rule_.levels.end()) {
    record.level = own->second;
    return;
  }
  const std::string_view level = level_of(word);
  record.level = level.empty() ? word : level;
}

}  // namespace outrigger::adapters::logs
