#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace outrigger::base {

// "/path" of "file:/path" and "/path": the two ways a file is named in the configuration.
std::string file_path(std::string_view text);

// The whole content of a file of at most `largest` bytes. The error is a sentence that names the file. Not on a worker.
std::expected<std::string, std::string> read_small_file(const std::string& path, std::size_t largest = 4 << 20);

}  // namespace outrigger::base
