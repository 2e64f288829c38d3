#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/regex.h"
#include "outrigger/arena.h"
#include "outrigger/config.h"

namespace outrigger::filters {

// A path as it will be forwarded, and what a lenient service could make of it: percent-encoding decoded (thrice),
// parameters (";x=1") and blanks cut off, repeated slashes one, dot segments resolved, NUL the end. A rule that refuses
// looks at both, a rule that lets through too: "/%61dmin" and "//admin" do not get around "/admin".
struct PathForms {
  // `path` without query. Views into `path` or the arena.
  static PathForms of(std::string_view path, Arena& arena);
  std::string_view sent;
  std::string_view lenient;
};

struct PathCondition {
  std::optional<std::string> prefix;  // whole segments
  std::optional<std::string> exact;
  std::optional<std::string> regex;
};
void describe(config::Schema<PathCondition>& schema);

// A PathCondition made ready. Thread: any.
class PathRule {
 public:
  enum class Case : unsigned char { exact, any };  // any: "/Admin" matches "/admin", as it does on some file systems

  explicit PathRule(const PathCondition& condition, Case letters = Case::exact);
  bool matches(std::string_view path) const;

 private:
  bool is_same(std::string_view a, std::string_view b) const;

  PathCondition condition_;
  Case case_;
  std::optional<base::Regex> regex_;
};

}  // namespace outrigger::filters
