#include "filters/cookies.h"

#include "base/text.h"

namespace outrigger::filters {
namespace {

using base::take_part;
using base::trimmed;

struct Pair {
  std::string_view name, value;
};
Pair split(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) return {text, {}};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

std::string_view cookie_name(std::string_view part) { return trimmed(split(trimmed(part)).name); }

// `list` without the parts for which `drops` is true, joined by `between`.
template <typename Drops>
std::string_view without(std::string_view list, char separator, std::string_view between, Drops drops, Arena& arena) {
  std::string_view kept;
  while (!list.empty()) {
    const std::string_view part = take_part(list, separator);
    if (drops(part)) continue;
    kept = kept.empty() ? part : arena.concat(kept, between, part);
  }
  return kept;
}

}  // namespace

std::optional<std::string_view> cookie_of(const Headers& headers, std::string_view name) {
  std::optional<std::string_view> found;
  for (const Field& field : headers) {
    if (field.id != FieldId::cookie) continue;
    for (std::string_view rest = field.value; !rest.empty();) {
      const Pair pair = split(trimmed(take_part(rest, ';')));
      if (trimmed(pair.name) != name) continue;
      if (found) return std::nullopt;
      found = trimmed(pair.value);
    }
  }
  if (found && found->size() >= 2 && found->starts_with('"') && found->ends_with('"')) {
    found = found->substr(1, found->size() - 2);
  }
  return found;
}

void remove_cookie(Headers& headers, std::string_view name) {
  const auto is_it = [name](std::string_view part) { return trimmed(part).empty() || cookie_name(part) == name; };
  std::string_view kept;
  for (const Field& field : headers) {
    if (field.id != FieldId::cookie) continue;
    const std::string_view rest = trimmed(without(field.value, ';', ";", is_it, headers.arena()));
    if (!rest.empty()) kept = kept.empty() ? rest : headers.arena().concat(kept, "; ", rest);
  }
  if (kept.empty()) {
    headers.remove(FieldId::cookie);
  } else {
    headers.set("Cookie", kept);
  }
}

std::optional<std::string_view> parameter_of(std::string_view query, std::string_view name) {
  std::optional<std::string_view> found;
  while (!query.empty()) {
    const Pair pair = split(take_part(query, '&'));
    if (pair.name != name) continue;
    if (found) return std::nullopt;
    found = pair.value;
  }
  return found;
}

std::string_view with_hidden_parameter(std::string_view target, std::string_view name, Arena& arena) {
  const auto mark = target.find('?');
  if (mark == std::string_view::npos) return target;
  std::string_view shown = target.substr(0, mark);
  char separator = '?';
  for (std::string_view rest = target.substr(mark + 1); !rest.empty(); separator = '&') {
    const std::string_view part = take_part(rest, '&');
    const bool is_it = split(part).name == name;
    shown = arena.concat(shown, std::string_view(&separator, 1), is_it ? name : part, is_it ? "=[redacted]" : "");
  }
  return shown;
}

std::string_view without_parameter(std::string_view target, std::string_view name, Arena& arena) {
  const auto mark = target.find('?');
  if (mark == std::string_view::npos) return target;
  const auto is_it = [name](std::string_view part) { return split(part).name == name; };
  const std::string_view query = without(target.substr(mark + 1), '&', "&", is_it, arena);
  return query.empty() ? target.substr(0, mark) : arena.concat(target.substr(0, mark), "?", query);
}

}  // namespace outrigger::filters
