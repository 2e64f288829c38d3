#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

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

// Joins the lines of one stream (file, connection) to events. Memory: at most the rule's most_bytes.
class Joiner {
 public:
  explicit Joiner(const JoinRule& rule) : rule_(rule) {}

  // Takes the line that begins at `offset` of the stream; calls `take(const Event&)` with what is complete by that: the
  // event before it, or the line itself where lines are not joined. An event over its limits ends there.
  template <class Take>
  void add(const Line& line, std::uint64_t offset, Instant now, Take&& take) {
    const Event event{line.text, line.text, line.cut, offset + line.size, offset + line.text.size()};
    if (!rule_.joins()) return take(event);
    if (lines_ > 0 && (is_full(line) || !rule_.goes_on(line.text))) flush(take);
    append(event, now);
  }
  // Calls `take` with the event that waits for more lines, if there is one.
  template <class Take>
  void flush(Take&& take) {
    if (lines_ == 0) return;
    pending_.text = text_;
    pending_.last = std::string_view(text_).substr(last_begin_);
    lines_ = 0;
    take(pending_);
  }
  bool is_waiting() const { return lines_ > 0; }
  // When its latest line came.
  Instant changed_at() const { return changed_at_; }

 private:
  bool is_full(const Line& line) const;
  void append(const Event& line, Instant now);

  const JoinRule& rule_;
  std::string text_;
  std::size_t last_begin_ = 0;
  std::size_t lines_ = 0;
  Event pending_;
  Instant changed_at_{};
};

}  // namespace outrigger::adapters::logs
