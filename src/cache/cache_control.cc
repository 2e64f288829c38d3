#include "cache/cache_control.h"

#include <algorithm>
#include <string>

#include "cache/structured_dictionary.h"
#include "http/field_list.h"

namespace outrigger::cache {

namespace {

// Takes the first element off a list whose elements may hold quoted strings. RFC 9110 section 5.6.4.
bool next_directive(std::string_view& list, std::string_view& directive) {
  while (!list.empty()) {
    bool is_quoted = false;
    std::size_t at = 0;
    for (; at < list.size() && (is_quoted || list[at] != ','); ++at) {
      if (list[at] == '"') is_quoted = !is_quoted;
      if (is_quoted && list[at] == '\\') ++at;
    }
    directive = http::trimmed(list.substr(0, at));
    list = at < list.size() ? list.substr(at + 1) : std::string_view{};
    if (!directive.empty()) return true;
  }
  return false;
}

std::string_view without_quotes(std::string_view value) {
  return value.size() >= 2 && value.front() == '"' && value.back() == '"' ? value.substr(1, value.size() - 2) : value;
}

// The first of several values stands if all say the same. RFC 9111 section 4.2.1.
void set_lifetime(std::optional<Seconds>& lifetime, std::string_view value) {
  const Seconds read = parse_delta_seconds(without_quotes(value)).value_or(0);
  lifetime = lifetime && *lifetime != read ? 0 : read;
}

// Of what allows staleness, the least.
void set_allowance(std::optional<Seconds>& allowance, std::string_view value) {
  const Seconds read = parse_delta_seconds(without_quotes(value)).value_or(0);
  allowance = std::min(allowance.value_or(kLongest), read);
}

// A second list of names is rare, and the whole answer is then meant.
void set_fields(std::string_view& names, bool& is_whole, std::string_view value) {
  const std::string_view read = without_quotes(value);
  if (read.empty() || !names.empty()) is_whole = true;
  names = read;
}

bool set_length(CacheControl& control, std::string_view name, std::string_view value) {
  if (equals_ignoring_case(name, "max-age")) {
    set_lifetime(control.max_age, value);
  } else if (equals_ignoring_case(name, "s-maxage")) {
    set_lifetime(control.s_maxage, value);
  } else if (equals_ignoring_case(name, "stale-while-revalidate")) {
    set_allowance(control.stale_while_revalidate, value);
  } else if (equals_ignoring_case(name, "stale-if-error")) {
    set_allowance(control.stale_if_error, value);
  } else if (equals_ignoring_case(name, "min-fresh")) {
    control.min_fresh = std::max(control.min_fresh.value_or(0), parse_delta_seconds(without_quotes(value)).value_or(0));
  } else if (equals_ignoring_case(name, "max-stale")) {
    const Seconds read = value.empty() ? kLongest : parse_delta_seconds(without_quotes(value)).value_or(0);
    control.max_stale = std::min(control.max_stale.value_or(kLongest), read);
  } else {
    return false;
  }
  return true;
}

void set_flag(CacheControl& control, std::string_view name) {
  constexpr std::pair<std::string_view, bool CacheControl::*> kFlags[] = {
      {"no-store", &CacheControl::no_store},
      {"public", &CacheControl::is_public},
      {"must-revalidate", &CacheControl::must_revalidate},
      {"proxy-revalidate", &CacheControl::proxy_revalidate},
      {"must-understand", &CacheControl::must_understand},
      {"only-if-cached", &CacheControl::only_if_cached},
  };
  for (const auto& [known, flag] : kFlags) {
    if (equals_ignoring_case(name, known)) control.*flag = true;
  }
}

void set_directive(CacheControl& control, std::string_view name, std::string_view value) {
  if (equals_ignoring_case(name, "no-cache")) {
    set_fields(control.no_cache_fields, control.no_cache, value);
  } else if (equals_ignoring_case(name, "private")) {
    set_fields(control.private_fields, control.is_private, value);
  } else if (!set_length(control, name, value)) {
    set_flag(control, name);
  }
}

}  // namespace

std::optional<Seconds> parse_delta_seconds(std::string_view text) {
  if (text.empty()) return std::nullopt;
  Seconds value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = std::min(value * 10 + (c - '0'), kLongest);
  }
  return value;
}

bool names_field(std::string_view names, std::string_view name) { return http::list_has(names, name); }

CacheControl parse_cache_control(const Headers& headers, const FieldName& name) {
  CacheControl control;
  for (const Field& field : headers) {
    if (!name.is_of(field)) continue;
    control.is_present = true;
    std::string_view list = field.value;
    for (std::string_view directive; next_directive(list, directive);) {
      const auto equals = directive.find('=');
      const bool has_value = equals != std::string_view::npos;
      set_directive(control, directive.substr(0, equals),
                    has_value ? directive.substr(equals + 1) : std::string_view{});
    }
  }
  return control;
}

std::optional<CacheControl> parse_targeted(const Headers& headers, const FieldName& name) {
  CacheControl control;
  std::size_t members = 0;
  // A parameter, a list or the like makes no sense here; what is not an integer is no length.
  const auto take = [&](std::string_view key, const StructuredItem& item) {
    ++members;
    if (item.type == StructuredItem::Type::integer) {
      set_length(control, key, item.text);
    } else if (item.type == StructuredItem::Type::string) {
      if (key == "no-cache" || key == "private") set_directive(control, key, item.text);
    } else if (item.type == StructuredItem::Type::boolean && item.text == "1") {
      if (key == "max-stale" || !set_length(control, key, "x")) set_directive(control, key, {});
    }
  };
  if (!parse_structured_dictionary(headers, name, take) || members == 0) return std::nullopt;
  control.is_present = true;
  return control;
}

}  // namespace outrigger::cache
