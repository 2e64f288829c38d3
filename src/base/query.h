#pragma once

#include <optional>
#include <string_view>

#include "outrigger/arena.h"

// The parameters of a query, "a=1&b=2", as they stand there: nothing is decoded. Cost: linear in the text, and at most
// one allocation.
namespace outrigger::base {

// The value of the parameter `name`; nothing if there is none or there are several.
std::optional<std::string_view> parameter_of(std::string_view query, std::string_view name);

// `target` with the values of all parameters of this name replaced by "[redacted]": for logs.
std::string_view with_hidden_parameter(std::string_view target, std::string_view name, Arena& arena);

// `target` without the parameter `name`.
std::string_view without_parameter(std::string_view target, std::string_view name, Arena& arena);

}  // namespace outrigger::base
