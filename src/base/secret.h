#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace outrigger::base {

// True for `file:/path` and `env:NAME`: the only ways a secret may stand in the configuration.
bool is_secret_reference(std::string_view text);

// The secret itself: the file's content without its last line break (at most 64 KiB), or the variable's value. An
// empty secret is an error. Reads a file: at load and reload only, never on a worker. The result is never logged.
std::expected<std::string, std::string> resolve_secret(std::string_view reference);

}  // namespace outrigger::base
