#pragma once

#include <string>
#include <string_view>

namespace outrigger::config {

// `text` as a JSON string with its quotes. Bytes above 0x7f pass unchanged.
std::string json_text(std::string_view text);

}  // namespace outrigger::config
