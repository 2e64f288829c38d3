#pragma once

#include <string_view>

#include "outrigger/headers.h"

// Values that are comma-separated lists. RFC 9110 section 5.6.1.
namespace outrigger::http {

// Without blanks and tabs around it.
constexpr std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

// Takes the first element off `list`; false when there is none left. Empty elements are passed over.
constexpr bool next_element(std::string_view& list, std::string_view& element) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    element = trimmed(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
    if (!element.empty()) return true;
  }
  return false;
}

// Is `token` an element, in any case?
inline bool list_has(std::string_view list, std::string_view token) {
  for (std::string_view element; next_element(list, element);) {
    if (equals_ignoring_case(element, token)) return true;
  }
  return false;
}

}  // namespace outrigger::http
