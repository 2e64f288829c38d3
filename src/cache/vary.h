#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outrigger/headers.h"

// Which stored answer fits a request, where the service chose by the request's fields. RFC 9111 section 4.1.
namespace outrigger::cache {

// A field that the service looked at, and what the request said in it.
struct VaryField {
  std::string name;
  std::optional<std::string> value;  // nothing: the request did not have it
};

// The request's value of a field in the form in which values are compared: lines joined, blanks around commas gone;
// without case where the grammar has none. In `arena`.
std::optional<std::string_view> selecting_value(const Headers& request, std::string_view name, Arena& arena);

// What the answer varies by, each field once. `*` must have been looked for before.
std::vector<VaryField> vary_of(const Headers& response, const Headers& request);
// The fields only.
bool fits(const std::vector<VaryField>& vary, const Headers& request, Arena& arena);

}  // namespace outrigger::cache
