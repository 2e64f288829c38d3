#include "cache/vary.h"

#include <algorithm>

#include "http/field_list.h"

namespace outrigger::cache {

namespace {

// Values that mean the same in any case. RFC 9110 sections 12.5.2 to 12.5.4.
bool has_no_case(std::string_view name) {
  return equals_ignoring_case(name, "Accept-Encoding") || equals_ignoring_case(name, "Accept-Language") ||
         equals_ignoring_case(name, "Accept-Charset");
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

}  // namespace

std::optional<std::string_view> selecting_value(const Headers& request, std::string_view name, Arena& arena) {
  const FieldName wanted(name);
  std::size_t room = 0;
  bool is_there = false;
  for (const Field& field : request) {
    if (!wanted.is_of(field)) continue;
    is_there = true;
    room += field.value.size() + 1;
  }
  if (!is_there) return std::nullopt;
  char* const begin = arena.array<char>(room);
  char* at = begin;
  const bool lowers = has_no_case(name);
  for (const Field& field : request) {
    if (!wanted.is_of(field)) continue;
    std::string_view list = field.value;
    for (std::string_view element; http::next_element(list, element);) {
      if (at != begin) *at++ = ',';
      at = lowers ? std::ranges::transform(element, at, lower).out : std::ranges::copy(element, at).out;
    }
  }
  return std::string_view(begin, static_cast<std::size_t>(at - begin));
}

std::vector<VaryField> vary_of(const Headers& response, const Headers& request) {
  std::vector<VaryField> result;
  for (const Field& field : response) {
    if (field.id != FieldId::vary) continue;
    std::string_view list = field.value;
    for (std::string_view name; http::next_element(list, name);) {
      const bool is_known =
          std::ranges::any_of(result, [&](const VaryField& known) { return equals_ignoring_case(known.name, name); });
      if (is_known) continue;
      const auto value = selecting_value(request, name, request.arena());
      result.push_back({std::string(name), value ? std::optional(std::string(*value)) : std::nullopt});
    }
  }
  return result;
}

bool fits(const std::vector<VaryField>& vary, const Headers& request, Arena& arena) {
  return std::ranges::all_of(vary, [&](const VaryField& field) {
    const auto value = selecting_value(request, field.name, arena);
    return value.has_value() == field.value.has_value() && (!value || *value == *field.value);
  });
}

}  // namespace outrigger::cache
