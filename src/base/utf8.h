#pragma once

#include <cstddef>
#include <string_view>

namespace outrigger::base {

// Length of the character at the front if it is UTF-8 of more than one byte, else 0. `text` is not empty. RFC 3629
// section 4.
std::size_t utf8_prefix(std::string_view text);

}  // namespace outrigger::base
