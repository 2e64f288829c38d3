#pragma once

#include <expected>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/logs/parse/line_parser.h"
#include "base/regex.h"

namespace outrigger::adapters::logs {

// The named groups of a regular expression, or of a grok pattern, become fields; groups that took no part give none.
class PatternParser final : public LineParser {
 public:
  using Patterns = std::map<std::string, std::string>;

  // A regular expression in RE2's syntax, found anywhere in the text; `.` matches the line ends of joined lines too.
  // The error is a sentence. At least one group must have a name.
  static std::expected<std::unique_ptr<PatternParser>, std::string> regex(const std::string& pattern);
  // A grok expression, `%{IP:client} %{NUMBER:took:float}`, or the name of a pattern that gives fields, `combined`.
  // `own` come before those of grok_patterns.def.
  static std::expected<std::unique_ptr<PatternParser>, std::string> grok(const std::string& expression,
                                                                         const Patterns& own);

  std::string_view name() const override { return name_; }
  bool parse(std::string_view text, Record& record) const override;

 private:
  struct Group {
    std::string field;  // "": not kept
    Field::Kind kind = Field::Kind::text;
  };
  PatternParser(std::string_view name, base::Regex regex) : name_(name), regex_(std::move(regex)) {}

  std::string_view name_;
  base::Regex regex_;
  std::vector<Group> groups_;  // of the pattern's groups, 1 first
};

// Which lines go on with the one before, for forms that have such: a regular expression; empty for the others.
std::string_view continued_lines_of(std::string_view grok_name);

}  // namespace outrigger::adapters::logs
