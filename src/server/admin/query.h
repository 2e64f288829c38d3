#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace outrigger::server {

// The parameters of a query, "a=1&b=%2F", in their order; values decoded.
std::vector<std::pair<std::string, std::string>> parameters_of(std::string_view query);
// Text with "%2F" for "/" and the like, where the digits are good.
std::string percent_decoded(std::string_view text);

}  // namespace outrigger::server
