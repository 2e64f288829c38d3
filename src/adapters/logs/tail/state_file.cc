#include "adapters/logs/tail/state_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>

#include "base/hash.h"
#include "base/small_file.h"

namespace outrigger::adapters::logs {
namespace {

constexpr std::string_view kTitle = "outrigger log positions 1\n";
constexpr std::size_t kLargest = 16 * 1024 * 1024;

// Line ends in names would end a line of ours.
std::string escaped(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (c == '\n' || c == '%') {
      out += c == '%' ? "%25" : "%0A";
    } else {
      out += c;
    }
  }
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("%25") || text.substr(i).starts_with("%0A")) {
      out += text[i + 1] == '2' ? '%' : '\n';
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string checksum(std::string_view text) { return fmt::format("end {:016x}\n", stable_hash(text)); }

// Nine numbers with a blank behind each, then the path.
bool parse_line(std::string_view line, FilePosition& position) {
  std::array<std::uint64_t, 9> numbers{};
  for (std::uint64_t& number : numbers) {
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (error != std::errc{} || end == line.data() + line.size() || *end != ' ') return false;
    line.remove_prefix(static_cast<std::size_t>(end - line.data()) + 1);
  }
  position.id = {numbers[0], numbers[1]};
  position.offset = numbers[2];
  position.first = {numbers[3], static_cast<std::uint32_t>(numbers[4]), numbers[5]};
  position.last = {numbers[6], static_cast<std::uint32_t>(numbers[7]), numbers[8]};
  position.path = unescaped(line);
  return numbers[4] <= Trace::kMost && numbers[7] <= Trace::kMost && !line.empty();
}

std::unexpected<std::string> failed(const char* what, const std::string& path) {
  return std::unexpected(std::string(what) + " " + path + ": " + std::strerror(errno));
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void sync_directory(const std::string& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

}  // namespace

std::string format_state(const std::vector<std::shared_ptr<FilePosition>>& positions) {
  std::string text(kTitle);
  for (const auto& position : positions) {
    const FilePosition& at = *position;
    text += fmt::format("{} {} {} {} {} {} {} {} {} {}\n", at.id.device, at.id.inode, at.offset, at.first.end,
                        at.first.size, at.first.hash, at.last.end, at.last.size, at.last.hash, escaped(at.path));
  }
  return text + checksum(text);
}

std::expected<std::vector<FilePosition>, std::string> parse_state(std::string_view text) {
  if (!text.starts_with(kTitle)) return std::unexpected("it is no file of log positions");
  const auto end = text.rfind("end ");
  if (end == std::string_view::npos || text.substr(end) != checksum(text.substr(0, end))) {
    return std::unexpected("it is damaged");
  }
  std::vector<FilePosition> positions;
  for (text = text.substr(kTitle.size(), end - kTitle.size()); !text.empty();) {
    const auto length = text.find('\n');
    if (length == std::string_view::npos || !parse_line(text.substr(0, length), positions.emplace_back())) {
      return std::unexpected("it is damaged");
    }
    text.remove_prefix(length + 1);
  }
  return positions;
}

std::expected<std::vector<FilePosition>, std::string> StateFile::load() {
  existed_ = ::access(path().c_str(), F_OK) == 0;
  if (!existed_) return {};
  const auto text = base::read_small_file(path(), kLargest);
  if (!text) return std::unexpected(text.error());
  auto positions = parse_state(*text);
  if (!positions) return std::unexpected(path() + ": " + positions.error());
  return positions;
}

std::expected<void, std::string> StateFile::save(const std::vector<std::shared_ptr<FilePosition>>& positions) {
  std::string text = format_state(positions);
  if (text == saved_) return {};
  const std::string draft = path() + ".new";
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return failed("cannot make", draft);
  const bool good = write_all(fd, text) && ::fdatasync(fd) == 0;
  const int error = errno;
  ::close(fd);
  errno = error;
  if (!good) {
    auto failure = failed("cannot write", draft);
    ::unlink(draft.c_str());
    return failure;
  }
  if (::rename(draft.c_str(), path().c_str()) != 0) return failed("cannot rename", draft);
  if (saved_.empty()) sync_directory(directory_);
  saved_ = std::move(text);
  return {};
}

}  // namespace outrigger::adapters::logs
