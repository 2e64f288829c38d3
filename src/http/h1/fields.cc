#include "http/h1/fields.h"

#include <algorithm>

#include "http/h1/scan.h"

namespace outrigger::http::h1 {

namespace {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Why the name that starts at `name` can't end at `at`.
std::string_view name_error(const char* name, const char* at, bool is_first) {
  if (at == name) {
    if (*at == ':') return "empty name";
    if (is_blank(*at)) return is_first ? "blank before the first field" : "obs-fold";
  }
  if (is_blank(*at)) return "blank before colon";
  return *at == '\r' ? "no colon" : "bad character in a name";
}

std::string_view between(const char* begin, const char* end) { return {begin, static_cast<std::size_t>(end - begin)}; }

}  // namespace

bool is_token(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_token_char); }

std::string_view parse_fields(std::string_view text, std::size_t max_fields, Headers& out) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (*at != '\r') {
    const char* const name = at;
    while (is_token_char(*at)) ++at;  // ends at the line's CR at the latest
    if (*at != ':' || at == name) return name_error(name, at, name == text.data());
    if (out.size() == max_fields) return kTooManyFields;
    const char* const colon = at++;
    while (is_blank(*at)) ++at;
    const char* const line_end = find_control(at, end);  // CR: scan_lines left no other
    const char* value_end = line_end;
    while (value_end != at && is_blank(value_end[-1])) --value_end;
    const std::string_view field = between(name, colon);
    out.push({field, between(at, value_end), between(name, line_end + 2), field_id(field)});
    at = line_end + 2;
  }
  return {};
}

}  // namespace outrigger::http::h1
