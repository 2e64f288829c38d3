#include "adapters/statsd/statsd_line.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace outrigger::adapters {
namespace {

constexpr std::size_t kMostValues = 1024;  // of a line
constexpr std::size_t kMostTags = 64;
constexpr double kLeastRate = 1e-6;

using Result = std::expected<StatsdLine, StatsdProblem>;

std::unexpected<StatsdProblem> fail(StatsdProblem problem) { return std::unexpected(problem); }

// What stands before `separator`; the rest stays in `text`, and `more` says whether there was one.
std::string_view next_part(std::string_view& text, char separator, bool& more) {
  const auto end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  more = end != std::string_view::npos;
  text = more ? text.substr(end + 1) : std::string_view();
  return part;
}

bool is_text(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

std::optional<double> number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.starts_with('+') || text.empty()) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = error == std::errc{} && end == text.data() + text.size();
  if (!is_whole || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<StatsdType> type_of(std::string_view text) {
  if (text == "c" || text == "m") return StatsdType::counter;
  if (text == "g") return StatsdType::gauge;
  if (text == "ms") return StatsdType::timer;
  if (text == "h" || text == "d") return StatsdType::histogram;
  if (text == "s") return StatsdType::set;
  return std::nullopt;
}

bool read_values(std::string_view text, StatsdLine& line) {
  for (bool more = true; more;) {
    const std::string_view part = next_part(text, ':', more);
    StatsdLine::Value& value = line.values.emplace_back();
    value.text = part;
    if (part.empty() || line.values.size() > kMostValues) return false;
    if (line.type == StatsdType::set) continue;
    const auto parsed = number(part);
    if (!parsed) return false;
    value.number = *parsed;
    value.is_relative = part[0] == '+' || part[0] == '-';
  }
  return true;
}

bool read_tags(std::string_view text, StatsdLine& line) {
  for (bool more = true; more;) {
    const std::string_view tag = next_part(text, ',', more);
    if (tag.empty()) continue;
    if (line.tags.size() == kMostTags || !is_text(tag)) return false;
    const auto colon = tag.find(':');
    const bool is_bare = colon == std::string_view::npos;
    if (colon == 0) return false;
    line.tags.emplace_back(tag.substr(0, colon), is_bare ? std::string_view() : tag.substr(colon + 1));
  }
  return true;
}

std::optional<StatsdProblem> read_field(std::string_view field, StatsdLine& line) {
  if (field.starts_with('@')) {
    const auto rate = number(field.substr(1));
    if (!rate || *rate < kLeastRate || *rate > 1) return StatsdProblem::rate;
    line.rate = *rate;
    return std::nullopt;
  }
  if (field.starts_with('#')) {
    if (!read_tags(field.substr(1), line)) return StatsdProblem::tags;
    return std::nullopt;
  }
  const bool is_known = field.starts_with("c:") || field.starts_with("e:") || field.starts_with("card:") ||
                        (field.starts_with('T') && number(field.substr(1)));
  return is_known ? std::nullopt : std::optional(StatsdProblem::type);
}

}  // namespace

Result parse_statsd(std::string_view text) {
  if (text.empty()) return fail(StatsdProblem::empty);
  if (text.starts_with("_e{")) return fail(StatsdProblem::event);
  if (text.starts_with("_sc|")) return fail(StatsdProblem::service_check);
  StatsdLine line;
  bool more = false;
  line.name = next_part(text, ':', more);
  if (line.name.empty() || !is_text(line.name) || line.name.find('|') != std::string_view::npos) {
    return fail(StatsdProblem::name);
  }
  const std::string_view values = next_part(text, '|', more);
  if (!more) return fail(values.empty() ? StatsdProblem::value : StatsdProblem::type);
  const auto type = type_of(next_part(text, '|', more));
  if (!type) return fail(StatsdProblem::type);
  line.type = *type;
  if (!read_values(values, line)) return fail(StatsdProblem::value);
  while (more) {
    const auto problem = read_field(next_part(text, '|', more), line);
    if (problem) return fail(*problem);
  }
  return line;
}

}  // namespace outrigger::adapters
