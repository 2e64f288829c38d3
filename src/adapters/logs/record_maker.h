#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/logs/parse/line_parser.h"
#include "adapters/logs/record.h"
#include "adapters/logs/source.h"
#include "adapters/logs/stats.h"
#include "adapters/logs/time/zone.h"
#include "adapters/logs/transform/field_rules.h"
#include "adapters/logs/transform/line_rules.h"
#include "adapters/logs/transform/normalize.h"

namespace outrigger::adapters::logs {

// How an adapter makes records of events.
struct RecordRules {
  bool is_syslog = false;              // an event is a syslog message; a parser reads its content
  std::unique_ptr<LineParser> parser;  // null: the line is the message
  LineRules lines;
  NormalizeRule normalize;
  FieldRules fields;
  bool finds_trace = true;
};

// One event becomes one record, or none where the rules say so. What is odd about the event is said in a field and
// counted: `unparsed` (the parser's name), `cut_bytes`, `invalid_utf8` with the bytes in `raw_base64`, `binary`.
class RecordMaker {
 public:
  RecordMaker(RecordRules rules, LogStats& stats);

  // The record, valid until the next call; null: there is none.
  const Record* make(const Origin& origin, const Event& event, Instant now, WallTime read_at);

 private:
  void read(std::string_view text);
  void flag(const Event& event);

  RecordRules rules_;
  Normalizer normalizer_;
  LogStats& stats_;
  Record record_;
  std::string repaired_;
};

}  // namespace outrigger::adapters::logs
