#include "filters/cookies.h"

#include "base/text.h"
#include "base/text_joiner.h"

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

std::string_view cookie_name(std::string_view part) { return trimmed(split(part).name); }

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
  std::size_t most = 0;
  for (const Field& field : headers) most += field.id == FieldId::cookie ? 2 * field.value.size() + 2 : 0;
  base::TextJoiner joined(headers.arena(), most);
  for (const Field& field : headers) {
    if (field.id != FieldId::cookie) continue;
    for (std::string_view rest = field.value; !rest.empty();) {
      const std::string_view part = trimmed(take_part(rest, ';'));
      if (!part.empty() && cookie_name(part) != name) joined.add(joined.empty() ? "" : "; ").add(part);
    }
  }
  const std::string_view kept = joined.text();
  if (kept.empty()) {
    headers.remove(FieldId::cookie);
  } else {
    headers.set("Cookie", kept);
  }
}

}  // namespace outrigger::filters
