#include "base/query.h"

#include <algorithm>

#include "base/text.h"
#include "base/text_joiner.h"

namespace outrigger::base {

namespace {

constexpr std::string_view kHidden = "=[redacted]";

std::string_view name_of(std::string_view parameter) { return parameter.substr(0, parameter.find('=')); }

std::string_view query_of(std::string_view target) {
  const auto mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

// How many parameters have this name.
std::size_t count(std::string_view query, std::string_view name) {
  std::size_t found = 0;
  while (!query.empty()) found += name_of(take_part(query, '&')) == name ? 1 : 0;
  return found;
}

}  // namespace

std::optional<std::string_view> parameter_of(std::string_view query, std::string_view name) {
  std::optional<std::string_view> found;
  while (!query.empty()) {
    const std::string_view parameter = take_part(query, '&');
    if (name_of(parameter) != name) continue;
    if (found) return std::nullopt;
    found = parameter.substr(std::min(name.size() + 1, parameter.size()));
  }
  return found;
}

std::string_view with_hidden_parameter(std::string_view target, std::string_view name, Arena& arena) {
  std::string_view query = query_of(target);
  const std::size_t hidden = count(query, name);
  if (hidden == 0) return target;
  TextJoiner shown(arena, target.size() + hidden * kHidden.size());
  shown.add(target.substr(0, target.size() - query.size()));
  for (std::string_view between; !query.empty(); between = "&") {
    const std::string_view parameter = take_part(query, '&');
    const bool is_it = name_of(parameter) == name;
    shown.add(between).add(is_it ? name : parameter).add(is_it ? kHidden : "");
  }
  return shown.text();
}

std::string_view without_parameter(std::string_view target, std::string_view name, Arena& arena) {
  std::string_view query = query_of(target);
  if (count(query, name) == 0) return target;
  TextJoiner kept(arena, target.size());
  kept.add(target.substr(0, target.size() - query.size() - 1));
  for (std::string_view between = "?"; !query.empty();) {
    const std::string_view parameter = take_part(query, '&');
    if (name_of(parameter) == name) continue;
    kept.add(between).add(parameter);
    between = "&";
  }
  return kept.text();
}

}  // namespace outrigger::base
