#pragma once

#include <string>
#include <string_view>
#include <vector>

// What an error text about an unknown word offers instead.
namespace outrigger::base {

// The candidate that `word` was probably meant to be, or "". Distance counts swapped neighbours as one.
std::string closest(std::string_view word, const std::vector<std::string>& candidates);
// ` (did you mean "x"?)`, or "" when nothing is close.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);
// "a", "b" and so on in quotes, joined by ", ".
std::string quoted_list(const std::vector<std::string>& words);

}  // namespace outrigger::base
