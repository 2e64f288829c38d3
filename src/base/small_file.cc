#include "base/small_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace outrigger::base {

std::string file_path(std::string_view text) {
  constexpr std::string_view kFile = "file:";
  return std::string(text.starts_with(kFile) ? text.substr(kFile.size()) : text);
}

std::expected<std::string, std::string> read_small_file(const std::string& path, std::size_t largest) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored) && !std::filesystem::is_regular_file(path, ignored)) {
    return std::unexpected("cannot read " + path + ": not a regular file");  // a FIFO would block
  }
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::unexpected("cannot read " + path + ": " + std::strerror(errno));
  std::string text(largest + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > largest) return std::unexpected(path + " is larger than " + std::to_string(largest) + " bytes");
  return text;
}

}  // namespace outrigger::base
