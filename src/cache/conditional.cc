#include "cache/conditional.h"

#include "http/field_list.h"
#include "outrigger/grammar.h"

namespace outrigger::cache {

namespace {

std::string_view without_weakness(std::string_view tag) { return tag.starts_with("W/") ? tag.substr(2) : tag; }

bool is_quoted(std::string_view tag) { return tag.size() >= 2 && tag.front() == '"' && tag.back() == '"'; }

// Takes the first entity tag off a list; a comma may stand inside its quotes.
bool next_tag(std::string_view& list, std::string_view& tag) {
  while (!list.empty() && (list.front() == ',' || list.front() == ' ' || list.front() == '\t')) list.remove_prefix(1);
  if (list.empty()) return false;
  const std::size_t open = list.find('"');
  const std::size_t comma = list.find(',');
  std::size_t end = comma;
  if (open < comma) {
    const std::size_t close = list.find('"', open + 1);
    end = close == std::string_view::npos ? close : list.find(',', close);
  }
  tag = http::trimmed(list.substr(0, end));
  list = end == std::string_view::npos ? std::string_view{} : list.substr(end);
  return true;
}

bool any_tag_matches(const Headers& request, std::string_view etag) {
  for (const Field& field : request) {
    if (field.id != FieldId::if_none_match) continue;
    if (http::trimmed(field.value) == "*") return true;
    std::string_view list = field.value;
    for (std::string_view tag; next_tag(list, tag);) {
      if (!etag.empty() && matches_weakly(tag, etag)) return true;
    }
  }
  return false;
}

// RFC 9110 section 8.8.2.2: a date is a strong validator when the answer was made clearly after it.
bool is_strong_date(std::string_view last_modified, Seconds date) {
  const auto at = parse_http_date(last_modified);
  return at && *at + 1 <= date;
}

bool has_any_prefix(std::string_view name, std::string_view prefix) {
  return name.size() > prefix.size() && equals_ignoring_case(name.substr(0, prefix.size()), prefix);
}

}  // namespace

bool matches_weakly(std::string_view tag, std::string_view other) {
  return without_weakness(tag) == without_weakness(other) && !tag.empty();
}

bool matches_strongly(std::string_view tag, std::string_view other) { return is_quoted(tag) && tag == other; }

bool is_not_modified(const Headers& request, const Validators& stored) {
  if (request.has(FieldId::if_none_match)) return any_tag_matches(request, stored.etag);
  const auto since = request.get(FieldId::if_modified_since);
  if (!since || stored.status != 200 || request.is_repeated(FieldId::if_modified_since)) return false;
  const auto asked = parse_http_date(*since);
  if (!asked) return false;
  const auto changed = parse_http_date(stored.last_modified);
  return changed.value_or(stored.date) <= *asked;
}

bool may_apply_range(const Headers& request, const Validators& stored) {
  const auto condition = request.get(FieldId::if_range);
  if (!condition) return true;
  if (request.is_repeated(FieldId::if_range)) return false;
  if (condition->ends_with('"')) return matches_strongly(*condition, stored.etag);
  // The date must be the very one. RFC 9110 section 13.1.5.
  const auto asked = parse_http_date(*condition);
  return asked && asked == parse_http_date(stored.last_modified) && is_strong_date(stored.last_modified, stored.date);
}

bool is_left_out_of_304(const Field& field, bool has_etag) {
  if (field.id == FieldId::content_location) return false;
  if (field.id == FieldId::last_modified) return has_etag;
  return has_any_prefix(field.name, "Content-") && !has_any_prefix(field.name, "Content-Security-Policy") &&
         !equals_ignoring_case(field.name, "Content-Security-Policy");
}

}  // namespace outrigger::cache
