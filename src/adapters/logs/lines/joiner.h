#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/logs/lines/line_splitter.h"
#include "base/regex.h"
#include "outrigger/clock.h"

namespace outrigger::adapters::logs {

// What an adapter makes one record of: a line, or the lines that belong together.
struct Event {
  std::string_view text;  // joined by "\n"; valid until the joiner's next call
  std::string_view last;  // its last line: the bytes in front of `last_end`
  std::uint64_t cut = 0;  // bytes left out
  std::uint64_t end = 0;  // offset in the stream behind it, ends of lines included
  std::uint64_t last_end = 0;
};

// Which lines belong together. Without a pattern each is for itself.
struct JoinRule {
  std::optional<base::Regex> start;      // occurs in the first line of an event
  std::optional<base::Regex> continued;  // or: occurs in every line but the first
  std::size_t most_lines = 500;
  std::size_t most_bytes = 256 * 1024;
  bool joins() const { return start || continued; }
  // Does `line` go on with the event before it?
  bool goes_on(std::string_view line) const;
};

// Lines that wait for more of their event.
struct WaitingLines {
  std::string text;
  std::size_t last_begin = 0;
  std::size_t lines = 0;
  Event event;
  Instant changed_at{};
};

// Joins the lines of one stream (file, connection) to events. Memory: at most the rule's most_bytes.
class Joiner {
 public:
  explicit Joiner(const JoinRule& rule, WaitingLines waiting = {}) : rule_(rule), waiting_(std::move(waiting)) {}
  // What the next joiner of the stream goes on with.
  WaitingLines take_waiting() { return std::exchange(waiting_, {}); }

  // Takes the line that begins at `offset` of the stream; calls `take(const Event&)` with what is complete by that: the
  // event before it, or the line itself where lines are not joined. An event over its limits ends there.
  template <class Take>
  void add(const Line& line, std::uint64_t offset, Instant now, Take&& take) {
    const Event event{line.text, line.text, line.cut, offset + line.size, offset + line.text.size()};
    if (!rule_.joins()) return take(event);
    if (waiting_.lines > 0 && (is_full(line) || !rule_.goes_on(line.text))) flush(take);
    append(event, now);
  }
  // Calls `take` with the event that waits for more lines, if there is one.
  template <class Take>
  void flush(Take&& take) {
    if (waiting_.lines == 0) return;
    waiting_.event.text = waiting_.text;
    waiting_.event.last = waiting_.event.text.substr(waiting_.last_begin);
    waiting_.lines = 0;
    take(waiting_.event);
  }
  bool is_waiting() const { return waiting_.lines > 0; }
  // When its latest line came.
  Instant changed_at() const { return waiting_.changed_at; }

 private:
  bool is_full(const Line& line) const;
  void append(const Event& line, Instant now);

  const JoinRule& rule_;
  WaitingLines waiting_;
};

}  // namespace outrigger::adapters::logs
