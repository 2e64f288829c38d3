#pragma once

#include <string>
#include <string_view>

#include "adapters/logs/record.h"

namespace outrigger::adapters::logs {

// Makes fields of an event's text. Never changed once made; any thread.
class LineParser {
 public:
  LineParser() = default;
  LineParser(const LineParser&) = delete;
  LineParser& operator=(const LineParser&) = delete;
  virtual ~LineParser() = default;

  // "regex", "grok", "json", "logfmt": what a record says it is not.
  virtual std::string_view name() const = 0;
  // Adds the fields of `text` to the record. False: it has not this form, and nothing was added.
  virtual bool parse(std::string_view text, Record& record) const = 0;
};

}  // namespace outrigger::adapters::logs
