#include "adapters/logs/parse/grok.h"

#include <algorithm>

#include "base/suggest.h"

namespace outrigger::adapters::logs {
namespace {

#define PATTERN(name, pattern) GrokPattern{name, pattern, ""},
#define LINE(name, pattern, continued)
constexpr GrokPattern kParts[] = {
#include "adapters/logs/parse/grok_patterns.def"
};
#undef PATTERN
#undef LINE
#define PATTERN(name, pattern)
#define LINE(name, pattern, continued) GrokPattern{name, pattern, continued},
constexpr GrokPattern kLines[] = {
#include "adapters/logs/parse/grok_patterns.def"
};
#undef PATTERN
#undef LINE

constexpr int kDeepest = 8;
constexpr std::size_t kLongest = 32 * 1024;

std::vector<std::string> all_names(const std::map<std::string, std::string>& own) {
  std::vector<std::string> names = grok_line_names();
  for (const GrokPattern& part : kParts) names.emplace_back(part.name);
  for (const auto& [name, pattern] : own) names.push_back(name);
  return names;
}

class Expander {
 public:
  explicit Expander(const std::map<std::string, std::string>& own) : own_(own) {}

  // False: error() says why.
  bool expand(std::string_view text, int depth) {
    if (depth > kDeepest) return fail("patterns refer to each other more than 8 deep");
    for (;;) {
      const auto begin = text.find("%{");
      out_.regex += text.substr(0, begin);
      if (out_.regex.size() > kLongest) return fail("the pattern is longer than 32 KiB");
      if (begin == std::string_view::npos) return true;
      const auto end = text.find('}', begin);
      if (end == std::string_view::npos) return fail("a %{ has no }");
      if (!reference(text.substr(begin + 2, end - begin - 2), depth)) return false;
      text.remove_prefix(end + 1);
    }
  }
  GrokExpression take() { return std::move(out_); }
  const std::string& error() const { return error_; }

 private:
  bool fail(std::string error) {
    if (error_.empty()) error_ = std::move(error);
    return false;
  }

  // "NAME", "NAME:field", "NAME:field:type".
  bool reference(std::string_view text, int depth) {
    const auto colon = text.find(':');
    const std::string name(text.substr(0, colon));
    const auto own = own_.find(name);
    const GrokPattern* known = own == own_.end() ? find_grok_pattern(name) : nullptr;
    if (own == own_.end() && known == nullptr) {
      return fail("unknown grok pattern \"" + name + "\"" + base::did_you_mean(name, all_names(own_)));
    }
    const std::string_view pattern = known != nullptr ? known->pattern : std::string_view(own->second);
    if (colon == std::string_view::npos) {
      out_.regex += "(?:";
    } else if (!capture(text.substr(colon + 1))) {
      return false;
    }
    if (!expand(pattern, depth + 1)) return false;
    out_.regex += ')';
    return true;
  }

  bool capture(std::string_view text) {
    const auto colon = text.find(':');
    const std::string field(text.substr(0, colon));
    const std::string_view type = colon == std::string_view::npos ? std::string_view("string") : text.substr(colon + 1);
    if (field.empty()) return fail("a grok pattern has a : without a name behind it");
    if (type != "int" && type != "float" && type != "string") {
      return fail("the type of a grok field is int, float or string, not \"" + std::string(type) + "\"");
    }
    out_.regex += "(?P<g" + std::to_string(out_.captures.size()) + ">";
    out_.captures.push_back({field, type != "string"});
    return true;
  }

  const std::map<std::string, std::string>& own_;
  GrokExpression out_;
  std::string error_;
};

}  // namespace

std::expected<GrokExpression, std::string> expand_grok(std::string_view expression,
                                                       const std::map<std::string, std::string>& own) {
  Expander expander(own);
  if (!expander.expand(expression, 0)) return std::unexpected(expander.error());
  return expander.take();
}

const GrokPattern* find_grok_pattern(std::string_view name) {
  const auto* const line = std::ranges::find(kLines, name, &GrokPattern::name);
  if (line != std::end(kLines)) return line;
  const auto* const part = std::ranges::find(kParts, name, &GrokPattern::name);
  return part == std::end(kParts) ? nullptr : part;
}

std::vector<std::string> grok_line_names() {
  std::vector<std::string> names;
  for (const GrokPattern& line : kLines) names.emplace_back(line.name);
  return names;
}

}  // namespace outrigger::adapters::logs
