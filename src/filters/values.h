#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "outrigger/exchange.h"

// What an exchange can tell about itself, by name: the variables of templates and the fields of the access log.
namespace outrigger::filters {

enum class Value : std::uint8_t {
#define OUTRIGGER_VALUE(name, known, kind, summary) name,
#include "filters/values.def"
#undef OUTRIGGER_VALUE
  header,  // `header:NAME`, a field of the request; the name is the argument
  capture  // `1` to `9`, a group of a regular expression
};

// From when on a value exists. Ordered.
enum class Known : std::uint8_t { request, response, end };

enum class ValueKind : std::uint8_t { text, url, number };

struct ValueInfo {
  std::string_view name;
  Known known;
  ValueKind kind;
  std::string_view summary;
};

const ValueInfo& describe(Value value);
// Nothing if there is no such name. `header:` and numbers are not names.
std::optional<Value> value_of(std::string_view name);
// Every name that exists at `known`, for error texts.
std::vector<std::string> value_names(Known known);

// When and where values are taken. Null members: not known yet.
struct Moment {
  const Exchange& exchange;
  const Response* response = nullptr;
  const Outcome* outcome = nullptr;  // at the end: the request is shown as the client sent it
  std::span<const std::string_view> captures{};
};

// When the request began; at the end only.
WallTime began(const Moment& moment);

// Room for a value that is made, not found.
using Scratch = std::array<char, 512>;

// The value as text, empty if there is none. A view into the request, the arena or `scratch`; `argument` is the name of
// a header field, or a digit. Cost: no allocation.
std::string_view text_of(Value value, std::string_view argument, const Moment& moment, Scratch& scratch);

}  // namespace outrigger::filters
