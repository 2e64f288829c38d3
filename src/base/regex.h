#pragma once

#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace outrigger::base {

// A regular expression in RE2's syntax: time linear in the input, no back-references, at most 1 MiB of program.
// Cheap to copy (shared, never changed); any thread.
class Regex {
 public:
  // The error is RE2's own sentence, "missing ): (a".
  static std::expected<Regex, std::string> compile(const std::string& pattern);

  // The whole text matches.
  bool matches(std::string_view text) const;
  // The whole text matches; `groups[0]` becomes the text, the others what the groups of the pattern matched, views into
  // `text`. Groups that took no part are empty. Allocates nothing for few groups.
  bool match(std::string_view text, std::span<std::string_view> groups) const;
  // The same for the first place in the text where the pattern matches; `groups[0]` becomes what matched.
  bool find(std::string_view text, std::span<std::string_view> groups) const;
  // How many groups the pattern has.
  std::size_t group_count() const;
  // The names of the groups, (?P<name>...), by number: [0] is the match and has none, nor have groups without a name.
  std::vector<std::string> group_names() const;
  // The pattern occurs somewhere in the text.
  bool found_in(std::string_view text) const;
  // A copy with every match replaced; \1 to \9 in `rewrite` are groups, \0 is the match. Allocates.
  std::string replace(std::string_view text, std::string_view rewrite) const;
  const std::string& pattern() const;

 private:
  struct Program;
  explicit Regex(std::shared_ptr<const Program> program);
  std::shared_ptr<const Program> program_;
};

}  // namespace outrigger::base
