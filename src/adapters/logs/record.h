#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outrigger/clock.h"

namespace outrigger::adapters::logs {

// One named value of a record.
struct Field {
  // How `value` is written: as a text, or as it stands because it is JSON already (numbers, nested values).
  enum class Kind : std::uint8_t { text, json };
  std::string name;
  std::string value;
  Kind kind = Kind::text;
};

// What a log line says: when, how grave, in which words, and everything else by name.
// Texts are valid UTF-8: what came otherwise was replaced, and a field says so (lines/text.h).
struct Record {
  std::optional<WallTime> time;  // when it happened; unset: nobody could tell, `read_at` stands for it
  WallTime read_at{};
  std::string level;    // trace, debug, info, warn, error or fatal; the line's own word if it is none of ours; or empty
  std::string message;  // the words; empty if the parser found none
  std::vector<Field> fields;
  std::string_view line;    // the whole event as it was read; valid while the record is
  std::string_view source;  // a file's path, a peer's address, "stdin"; valid while the record is

  void add(std::string name, std::string value, Field::Kind kind = Field::Kind::text) {
    fields.push_back({std::move(name), std::move(value), kind});
  }
  void flag(std::string name) { add(std::move(name), "true", Field::Kind::json); }
  // The first field of that name; null: there is none. Cost: a look at each name.
  Field* find(std::string_view name);
  const Field* find(std::string_view name) const { return const_cast<Record*>(this)->find(name); }
  // Makes room for the next one; keeps memory.
  void clear();
};

// One line of JSON with its "\n": time, level, msg, the fields, source. A name that comes twice is written once, the
// first. Times are UTC with the digits they need.
void append_json(const Record& record, std::string& out);
// `text` as a JSON string with its quotes.
void append_json_text(std::string_view text, std::string& out);
// "2026-11-26T05:16:01.250Z": microseconds or nanoseconds only if there are any.
void append_time(WallTime time, std::string& out);

}  // namespace outrigger::adapters::logs
