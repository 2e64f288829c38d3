#include "base/small_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace outrigger::base {
namespace {

std::unexpected<std::string> failed(const char* what, const std::string& path) {
  return std::unexpected(std::string(what) + " " + path + ": " + std::strerror(errno));
}

bool write_draft(int fd, std::string_view content) {
  const bool good = write_all(fd, content) && ::fdatasync(fd) == 0;
  const int error = errno;
  ::close(fd);
  errno = error;
  return good;
}

// Not every file system can; what it says changes nothing.
void sync_directory_of(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  const int fd = ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

}  // namespace

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

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::expected<void, std::string> replace_file(const std::string& path, std::string_view content) {
  const std::string draft = path + ".new";
  const bool is_new = ::access(path.c_str(), F_OK) != 0;
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return failed("cannot make", draft);
  if (!write_draft(fd, content) || ::rename(draft.c_str(), path.c_str()) != 0) {
    auto failure = failed("cannot write", draft);
    ::unlink(draft.c_str());
    return failure;
  }
  if (is_new) sync_directory_of(path);
  return {};
}

}  // namespace outrigger::base
