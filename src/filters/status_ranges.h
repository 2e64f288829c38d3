#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status_range.h"

namespace outrigger::filters {

// Status codes as listed in the file: a class ("5xx"), one ("503") or a range ("502-504").
class StatusRanges {
 public:
  StatusRanges() = default;
  // Words that `check` refuses are skipped.
  explicit StatusRanges(const std::vector<std::string>& words);

  bool is_empty() const { return ranges_.empty(); }
  bool contains(std::uint16_t status) const;

  // The error text for a word, "" when it is good. For `FieldBuilder::check_text`.
  static std::string check(const std::string& word);

 private:
  std::vector<base::StatusRange> ranges_;
};

}  // namespace outrigger::filters
