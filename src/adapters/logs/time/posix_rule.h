#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace outrigger::adapters::logs {

// The last line of a time zone file: how it goes on when the file's list ends, "CET-1CEST,M3.5.0,M10.5.0/3".
// RFC 8536 section 3.3, POSIX 8.3. Days in the form Mm.w.d only: no zone in use has another.
class PosixRule {
 public:
  static std::optional<PosixRule> parse(std::string_view text);
  std::chrono::seconds offset_at(std::chrono::sys_seconds utc) const;

 private:
  struct Change {
    unsigned month = 1, week = 1, weekday = 0;
    std::chrono::seconds at{7200};  // local time of that day
  };
  static bool parse_change(std::string_view& text, Change& change);
  static std::chrono::sys_seconds when(const Change& change, std::chrono::year year, std::chrono::seconds offset);

  std::chrono::seconds standard_{}, summer_{};
  bool has_summer_ = false;
  Change begin_, end_;
};

}  // namespace outrigger::adapters::logs
