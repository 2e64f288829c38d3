#pragma once

#include <string_view>

namespace outrigger::base {

// Does `text` fit `pattern`, in which each `*` stands for any characters, none included? Everything else stands for
// itself. Cost: at most the product of the lengths.
bool matches_glob(std::string_view pattern, std::string_view text);

}  // namespace outrigger::base
