#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace outrigger::base {

// "/path" of "file:/path" and "/path": the two ways a file is named in the configuration.
std::string file_path(std::string_view text);

// The whole content of a file of at most `largest` bytes. The error is a sentence that names the file. Not on a worker.
std::expected<std::string, std::string> read_small_file(const std::string& path, std::size_t largest = 4 << 20);

// Writes all of `bytes`, waiting where it must; false: errno says why, and a part may be written.
bool write_all(int fd, std::string_view bytes);

// Writes a file anew, for its owner alone, in place of the one before: a draft beside it ("<path>.new") is synced and
// renamed, and the directory synced where the name is new. After a crash or a power cut at any moment one of the two is
// there, whole; a file of a new name is there once this has returned. The error is a sentence; then the file is as it
// was. Waits for the disk.
std::expected<void, std::string> replace_file(const std::string& path, std::string_view content);

}  // namespace outrigger::base
