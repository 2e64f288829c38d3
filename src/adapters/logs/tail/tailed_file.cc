#include "adapters/logs/tail/tailed_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace outrigger::adapters::logs {

std::expected<std::unique_ptr<TailedFile>, std::string> TailedFile::open(const std::string& path,
                                                                         std::size_t longest_line) {
  // A FIFO would wait for a writer without O_NONBLOCK.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return std::unexpected("cannot open " + path + ": " + std::strerror(errno));
  struct stat status{};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(fd);
    return std::unexpected(path + " is no regular file");
  }
  return std::unique_ptr<TailedFile>(new TailedFile(fd, {status.st_dev, status.st_ino}, longest_line));
}

TailedFile::~TailedFile() { ::close(fd_); }

void TailedFile::start_at(std::uint64_t offset) {
  offset_ = line_begin_ = offset;
  splitter_.clear();
  first_ = Trace::read(fd_, std::min<std::uint64_t>(offset, Trace::kMost),
                       static_cast<std::uint32_t>(std::min<std::uint64_t>(offset, Trace::kMost)));
  const auto size = static_cast<std::uint32_t>(std::min<std::uint64_t>(offset, FilePosition::kLastBytes));
  last_ = Trace::read(fd_, offset, size);
}

TailedFile::Change TailedFile::look() {
  const std::uint64_t now = size();
  if (now < offset_ || !last_.is_in(fd_) || !first_.is_in(fd_)) return Change::cut;
  return now > offset_ ? Change::grown : Change::none;
}

std::string_view TailedFile::next_chunk(std::array<char, kChunk>& buffer) {
  const ssize_t got = ::pread(fd_, buffer.data(), buffer.size(), static_cast<off_t>(offset_));
  if (got <= 0) return {};
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
  remember(bytes);
  return bytes;
}

void TailedFile::remember(std::string_view bytes) {
  if (first_.size < Trace::kMost && offset_ == 0) {
    const std::string_view front = bytes.substr(0, Trace::kMost);
    first_ = Trace::of(front, front.size());
  } else if (first_.size < Trace::kMost) {
    const auto size = static_cast<std::uint32_t>(std::min<std::uint64_t>(offset_ + bytes.size(), Trace::kMost));
    first_ = Trace::read(fd_, size, size);
  }
  offset_ += bytes.size();
  if (bytes.size() >= FilePosition::kLastBytes) {
    last_ = Trace::of(bytes.substr(bytes.size() - FilePosition::kLastBytes), offset_);
  } else {
    last_ = Trace::read(fd_, offset_,
                        static_cast<std::uint32_t>(std::min<std::uint64_t>(offset_, FilePosition::kLastBytes)));
  }
}

std::uint64_t TailedFile::size() const {
  struct stat status{};
  return ::fstat(fd_, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

bool TailedFile::has_name() const {
  struct stat status{};
  return ::fstat(fd_, &status) == 0 && status.st_nlink > 0;
}

FilePosition TailedFile::mark() const {
  FilePosition position;
  position.id = id_;
  position.offset = offset_;
  position.first = first_;
  position.last = last_;
  return position;
}

}  // namespace outrigger::adapters::logs
