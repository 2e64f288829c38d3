#include "adapters/statsd/name_mapping.h"

#include <algorithm>
#include <array>

#include "adapters/metric_name.h"

namespace outrigger::adapters {
namespace {

constexpr std::size_t kMostStars = 9;

base::Regex compile(const std::string& match) {
  std::string pattern;
  for (const char c : match) {
    const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (c == '*') {
      pattern += "([^.]*)";
    } else {
      (pattern += is_word || (c & 0x80) != 0 ? "" : "\\") += c;
    }
  }
  return *base::Regex::compile(pattern);
}

// `text` with $1 to $9 replaced by what the stars stood for.
std::string expand(const std::string& text, std::span<const std::string_view> groups) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_group = text[i] == '$' && i + 1 < text.size() && text[i + 1] >= '1' && text[i + 1] <= '9';
    if (!is_group) {
      result += text[i];
      continue;
    }
    const auto index = static_cast<std::size_t>(text[++i] - '0');
    if (index < groups.size()) result += groups[index];
  }
  return result;
}

// The highest $n in the text.
std::size_t highest(const std::string& text) {
  std::size_t most = 0;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == '$' && text[i + 1] >= '1' && text[i + 1] <= '9') {
      most = std::max(most, static_cast<std::size_t>(text[i + 1] - '0'));
    }
  }
  return most;
}

std::string check(const MappingRule& rule) {
  const auto stars = static_cast<std::size_t>(std::ranges::count(rule.match, '*'));
  if (stars > kMostStars) return "match has more than 9 stars";
  if (rule.drop != rule.name.empty()) return "needs either a name or drop: true";
  std::size_t most = highest(rule.name);
  for (const auto& [label, value] : rule.labels) {
    if (!is_label_name(label)) return "\"" + label + "\" is no name of a label";
    most = std::max(most, highest(value));
  }
  if (most > stars) return "$" + std::to_string(most) + " has no star in match";
  const std::array<std::string_view, 10> sample = {"", "a", "a", "a", "a", "a", "a", "a", "a", "a"};
  if (!rule.drop && !is_metric_name(expand(rule.name, sample))) return "\"" + rule.name + "\" is no name of a metric";
  if (!std::ranges::is_sorted(rule.buckets, std::less_equal<>{})) return "buckets must rise";
  return "";
}

}  // namespace

void describe(config::Schema<MappingRule>& schema) {
  schema.summary("What names of statsd become. The first rule that matches decides.");
  schema.field("match", &MappingRule::match, "The name; each * is one part between dots.")
      .required()
      .example("app.*.time");
  schema.field("name", &MappingRule::name, "The metric's name; $1 to $9 are the stars.").example("app_time_seconds");
  schema.field("labels", &MappingRule::labels, "Labels, their values with $1 to $9.").example("{op: $1}");
  schema.field("buckets", &MappingRule::buckets, "Upper bounds, in seconds for timers; absent: those of the adapter.");
  schema.field("help", &MappingRule::help, "What the metric is, for its HELP line.");
  schema.field("drop", &MappingRule::drop, "Passed over, in place of a name.");
  schema.check(check);
}

NameMapping::NameMapping(const std::vector<MappingRule>& rules) {
  for (const MappingRule& rule : rules) {
    base::Regex pattern = compile(rule.match);
    const std::size_t groups = pattern.group_count() + 1;
    rules_.push_back({rule, std::move(pattern), groups});
  }
}

std::optional<NameMapping::Match> NameMapping::find(std::string_view name) const {
  std::array<std::string_view, kMostStars + 1> storage;
  for (const Compiled& each : rules_) {
    const std::span groups(storage.data(), each.groups);
    if (!each.pattern.match(name, groups)) continue;
    Match match{&each.rule, expand(each.rule.name, groups), {}};
    for (const auto& [label, value] : each.rule.labels) match.labels.emplace_back(label, expand(value, groups));
    return match;
  }
  return std::nullopt;
}

}  // namespace outrigger::adapters
