#include "adapters/logs/parse/pattern_parser.h"

#include <algorithm>
#include <array>

#include "adapters/logs/parse/grok.h"
#include "adapters/logs/parse/json_number.h"
#include "base/suggest.h"

namespace outrigger::adapters::logs {
namespace {

constexpr std::size_t kMostGroups = 64;

// `.` matches "\n" as well: lines were joined on purpose.
std::expected<base::Regex, std::string> compile(const std::string& pattern) {
  auto regex = base::Regex::compile("(?s)" + pattern);
  if (regex && regex->group_count() > kMostGroups) return std::unexpected("more than 64 groups");
  return regex;
}

// The names of the groups, 1 first.
std::vector<std::string> groups_of(const base::Regex& regex) {
  std::vector<std::string> names = regex.group_names();
  names.erase(names.begin());
  return names;
}

}  // namespace

std::expected<std::unique_ptr<PatternParser>, std::string> PatternParser::regex(const std::string& pattern) {
  auto regex = compile(pattern);
  if (!regex) return std::unexpected(regex.error());
  std::unique_ptr<PatternParser> parser(new PatternParser("regex", *regex));
  for (std::string& name : groups_of(*regex)) parser->groups_.push_back({std::move(name)});
  if (std::ranges::all_of(parser->groups_, [](const Group& group) { return group.field.empty(); })) {
    return std::unexpected("no group has a name: (?P<name>...) makes a field");
  }
  return parser;
}

std::expected<std::unique_ptr<PatternParser>, std::string> PatternParser::grok(const std::string& expression,
                                                                               const Patterns& own) {
  const bool is_name = !expression.contains("%{");
  if (is_name && !own.contains(expression) && find_grok_pattern(expression) == nullptr) {
    return std::unexpected("unknown grok pattern \"" + expression + "\"" +
                           base::did_you_mean(expression, grok_line_names()) + "; there are " +
                           base::quoted_list(grok_line_names()) + ", or write one with %{NAME:field}");
  }
  const auto expanded = expand_grok(is_name ? "%{" + expression + "}" : expression, own);
  if (!expanded) return std::unexpected(expanded.error());
  auto regex = compile(expanded->regex);
  if (!regex) return std::unexpected(regex.error());
  std::unique_ptr<PatternParser> parser(new PatternParser("grok", *regex));
  std::size_t next = 0;  // captures stand in the order of their groups
  for (std::string& name : groups_of(*regex)) {
    Group& group = parser->groups_.emplace_back();
    if (next < expanded->captures.size() && name == "g" + std::to_string(next)) {
      const GrokExpression::Capture& capture = expanded->captures[next++];
      group = {capture.field, capture.is_number ? Field::Kind::json : Field::Kind::text};
    } else {
      group.field = std::move(name);
    }
  }
  if (std::ranges::all_of(parser->groups_, [](const Group& group) { return group.field.empty(); })) {
    return std::unexpected("the pattern gives no field: %{NAME:field} makes one");
  }
  return parser;
}

bool PatternParser::parse(std::string_view text, Record& record) const {
  std::array<std::string_view, kMostGroups + 1> found;
  if (!regex_.find(text, {found.data(), groups_.size() + 1})) return false;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    const Group& group = groups_[i];
    const std::string_view value = found[i + 1];
    if (group.field.empty() || value.data() == nullptr) continue;
    const bool is_number = group.kind == Field::Kind::json && is_json_number(value);
    record.add(group.field, std::string(value), is_number ? Field::Kind::json : Field::Kind::text);
  }
  return true;
}

std::string_view continued_lines_of(std::string_view grok_name) {
  const GrokPattern* pattern = find_grok_pattern(grok_name);
  return pattern == nullptr ? std::string_view() : pattern->continued;
}

}  // namespace outrigger::adapters::logs
