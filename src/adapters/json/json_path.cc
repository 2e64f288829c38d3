#include "adapters/json/json_path.h"

#include <algorithm>
#include <charconv>

namespace outrigger::adapters {
namespace {

using base::Json;

std::pair<std::string, std::string> free_label(std::string name, std::string value, const stats::Labels& taken) {
  const std::string first = name;
  const auto is_taken = [&] {
    return std::ranges::any_of(taken, [&](const auto& each) { return each.first == name; });
  };
  for (int number = 2; is_taken(); ++number) name = first + "_" + std::to_string(number);
  return {std::move(name), std::move(value)};
}

}  // namespace

std::pair<std::string, std::string> element_label(const Json& element, std::size_t index, const stats::Labels& taken) {
  for (const char* key : {"name", "id"}) {
    const std::string_view text = element.text_of(key);
    if (!text.empty()) return free_label(key, std::string(text), taken);
  }
  return free_label("index", std::to_string(index), taken);
}

std::pair<std::string, std::string> member_label(std::string_view name, const stats::Labels& taken) {
  return free_label("key", std::string(name), taken);
}

std::expected<JsonPath, std::string> JsonPath::parse(std::string_view text) {
  const auto fail = [whole = std::string(text)](const char* why) {
    return std::unexpected("\"" + whole + "\" is no path into a document: " + why);
  };
  JsonPath path;
  if (!text.starts_with('$')) return fail("it does not begin with $");
  for (text.remove_prefix(1); !text.empty();) {
    if (text.starts_with('.')) {
      const std::string_view name = text.substr(1, text.find_first_of(".[", 1) - 1);
      if (name.empty()) return fail("a name is empty");
      path.steps_.push_back(name == "*" ? Step(Any{}) : Step(std::string(name)));
      text.remove_prefix(1 + name.size());
      continue;
    }
    const auto end = text.find(text.starts_with("['") ? "']" : "]");
    if (!text.starts_with('[') || end == std::string_view::npos) return fail("use .name, ['name'], [0], [*] or .*");
    const bool is_quoted = text.starts_with("['");
    const std::string_view inner = is_quoted ? text.substr(2, end - 2) : text.substr(1, end - 1);
    std::size_t index = 0;
    const auto [stop, error] = std::from_chars(inner.data(), inner.data() + inner.size(), index);
    if (is_quoted) {
      path.steps_.emplace_back(std::string(inner));
    } else if (inner == "*") {
      path.steps_.emplace_back(Any{});
    } else if (error == std::errc{} && stop == inner.data() + inner.size()) {
      path.steps_.emplace_back(index);
    } else {
      return fail("brackets hold 'name', a number or *");
    }
    text.remove_prefix(end + (is_quoted ? 2 : 1));
  }
  return path;
}

void JsonPath::for_each(const Json& root, const Visit& visit) const {
  stats::Labels labels;
  walk(root, 0, labels, visit);
}

void JsonPath::walk(const Json& at, std::size_t step, stats::Labels& labels, const Visit& visit) const {
  if (step == steps_.size()) return visit(at, labels);
  if (const auto* name = std::get_if<std::string>(&steps_[step])) {
    if (const Json* found = at.find(*name)) walk(*found, step + 1, labels, visit);
    return;
  }
  if (const auto* index = std::get_if<std::size_t>(&steps_[step])) {
    if (at.is_list() && *index < at.items.size()) walk(at.items[*index], step + 1, labels, visit);
    return;
  }
  const auto go = [&](const Json& inner, std::pair<std::string, std::string> label) {
    labels.push_back(std::move(label));
    walk(inner, step + 1, labels, visit);
    labels.pop_back();
  };
  for (std::size_t i = 0; i < at.items.size(); ++i) go(at.items[i], element_label(at.items[i], i, labels));
  for (const base::JsonMember& member : at.members) go(member.value, member_label(member.name, labels));
}

}  // namespace outrigger::adapters
