#pragma once

#include <functional>
#include <string_view>

#include "outrigger/headers.h"

// Dictionaries of structured fields. RFC 8941 section 3.2, parsed by section 4.2.2.
namespace outrigger::cache {

// The value of a member, its parameters passed over.
struct StructuredItem {
  enum class Type : unsigned char { integer, decimal, string, token, bytes, boolean, list };
  Type type = Type::boolean;
  std::string_view text;  // as written, without the quotes of a string; "1" or "0" for a boolean; empty for a list
};

// Calls `take` for each member in its order; one that stands there again replaces what came before. False when the
// fields `name` together are not well-formed, however much was taken. No field at all is an empty dictionary.
bool parse_structured_dictionary(const Headers& headers, const FieldName& name,
                                 const std::function<void(std::string_view key, const StructuredItem& item)>& take);

}  // namespace outrigger::cache
