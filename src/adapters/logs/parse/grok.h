#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace outrigger::adapters::logs {

// A grok expression as a regular expression: its groups for fields are called "g0", "g1" and so on.
struct GrokExpression {
  struct Capture {
    std::string field;
    bool is_number = false;  // `:int`, `:float`
  };
  std::string regex;
  std::vector<Capture> captures;  // of "g0", "g1", ...
};

// Puts the patterns in, `%{NAME}` and `%{NAME:field}` and `%{NAME:field:type}`, to a depth of 8 and at most 32 KiB. The
// error is a sentence.
std::expected<GrokExpression, std::string> expand_grok(std::string_view expression,
                                                       const std::map<std::string, std::string>& own);

// A pattern of grok_patterns.def.
struct GrokPattern {
  std::string_view name;
  std::string_view pattern;
  std::string_view continued;  // lines in which this occurs go on with the one before; "": none do
};
// Null: there is none of that name.
const GrokPattern* find_grok_pattern(std::string_view name);
// The names of those that give fields by themselves.
std::vector<std::string> grok_line_names();

}  // namespace outrigger::adapters::logs
