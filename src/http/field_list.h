#pragma once

#include <string_view>

#include "base/text.h"
#include "outrigger/headers.h"

// Values that are comma-separated lists. RFC 9110 section 5.6.1.
namespace outrigger::http {

using base::trimmed;

// Takes the first element off `list`; false when there is none left. Empty elements are passed over.
constexpr bool next_element(std::string_view& list, std::string_view& element) {
  while (!list.empty()) {
    element = trimmed(base::take_part(list, ','));
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
