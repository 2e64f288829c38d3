#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/logs/time/zone.h"
#include "outrigger/clock.h"

namespace outrigger::adapters::logs {

// How a text says when something happened. Cheap to copy; any thread.
class TimeFormat {
 public:
  // `text`: one of the names below, or a pattern with %Y %y %m %b %B %d %e %H %I %M %S %f (a fraction of a second, 1 to
  // 9 digits) %p %z (+0200, +02:00, Z) %Z (a word, skipped) %a %A %j %s (seconds since 1970) %T %F %D %%. A blank is
  // any number of blanks. The error is a sentence.
  //   auto        whichever of these it is
  //   iso8601     2026-11-26T05:16:01.25Z; a blank for the T, a comma for the dot, no zone
  //   clf         26/Nov/2026:05:16:01 +0000
  //   syslog      Nov 26 05:16:01
  //   ctime       Thu Nov 26 05:16:01.123456 2026 (Apache's error log)
  //   http        Thu, 26 Nov 2026 05:16:01 GMT
  //   nginx       2026/11/26 05:16:01
  //   epoch, epoch_ms, epoch_us, epoch_ns
  static std::expected<TimeFormat, std::string> compile(const std::string& text);

  // The time that the whole of `text` says. Without a zone in it: as a clock of `zone` shows it. Without a year: the
  // latest one that is not more than a day after `now`. Nothing: it is not of this format. Allocates nothing.
  std::optional<WallTime> parse(std::string_view text, const Zone& zone, WallTime now) const;

 private:
  struct Step {
    char what;  // the letter behind %, or 0: `literal` stands there, ' ': blanks
    char literal;
  };
  std::optional<WallTime> parse_steps(std::string_view text, const Zone& zone, WallTime now) const;
  std::vector<TimeFormat> any_;  // auto: one of these
  std::vector<Step> steps_;
  int epoch_digits_ = -1;  // of a plain number: decimal places that are a fraction of a second, -1: no plain number
};

}  // namespace outrigger::adapters::logs
