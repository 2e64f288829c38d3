#pragma once

#include <map>
#include <string>
#include <vector>

#include "adapters/logs/record.h"
#include "adapters/logs/time/time_format.h"

namespace outrigger::adapters::logs {

// How the fields that every record has are found among those of the line.
struct NormalizeRule {
  std::string time_field;                     // "": the first of time, timestamp, @timestamp, ts, datetime, date
  std::vector<TimeFormat> formats;            // tried in order; empty: auto
  Zone zone;                                  // of times without one
  std::string level_field;                    // "": the first of level, lvl, severity, loglevel, log_level
  std::map<std::string, std::string> levels;  // the line's word (as it is) to a level
  std::string message_field;                  // "": the first of msg, message
};

// Takes time, level and message out of the record's fields. A time that cannot be read stays as the field
// `time_text`; a level that is none of ours stays as it is.
class Normalizer {
 public:
  explicit Normalizer(NormalizeRule rule);
  void apply(Record& record) const;

 private:
  bool is_time(std::string_view name) const;
  bool is_level(std::string_view name) const;
  bool is_message(std::string_view name) const;
  void set_time(Record& record, Field& field) const;
  void set_level(Record& record, std::string_view word) const;

  NormalizeRule rule_;
};

}  // namespace outrigger::adapters::logs
