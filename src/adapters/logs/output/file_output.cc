#include "adapters/logs/output/file_output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/small_file.h"

namespace outrigger::adapters::logs {

void FileOutput::deliver(const std::string& bytes, std::function<void(Delivery)> done) { done(write(bytes)); }

Delivery FileOutput::write(const std::string& bytes) {
  if (fd_ >= 0 && !is_still_named()) close();
  if (fd_ < 0 && !open()) return failed("cannot open");
  if (is_regular_ && size_ > 0 && size_ + bytes.size() > options_.max_size.bytes) {
    rotate();
    if (!open()) return failed("cannot open");
  }
  if (!base::write_all(fd_, bytes)) {
    const Delivery failure = failed("cannot write");
    if (is_regular_) (void)!::ftruncate(fd_, static_cast<off_t>(size_));
    return failure;
  }
  size_ += bytes.size();
  if (options_.sync && is_regular_ && ::fdatasync(fd_) != 0) return failed("cannot sync");
  return {};
}

bool FileOutput::open() {
  // A FIFO without a reader is an error to be told, not a wait.
  fd_ = ::open(options_.path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
  if (fd_ < 0) return false;
  struct stat status{};
  is_regular_ = ::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode);
  size_ = is_regular_ ? static_cast<std::uint64_t>(status.st_size) : 0;
  // A line that breaks off was cut by the end of an earlier process, and comes again.
  char last = '\n';
  if (size_ > 0 && ::pread(fd_, &last, 1, static_cast<off_t>(size_ - 1)) == 1 && last != '\n' &&
      base::write_all(fd_, "\n")) {
    ++size_;
  }
  return true;
}

void FileOutput::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

bool FileOutput::is_still_named() const {
  struct stat named{}, opened{};
  return ::stat(options_.path.c_str(), &named) == 0 && ::fstat(fd_, &opened) == 0 && named.st_ino == opened.st_ino &&
         named.st_dev == opened.st_dev;
}

void FileOutput::rotate() {
  close();
  const auto name = [this](unsigned number) { return options_.path + "." + std::to_string(number); };
  if (options_.keep == 0) {
    ::unlink(options_.path.c_str());
    return;
  }
  for (unsigned number = options_.keep; number > 1; --number)
    std::rename(name(number - 1).c_str(), name(number).c_str());
  std::rename(options_.path.c_str(), name(1).c_str());
}

Delivery FileOutput::failed(const char* what) const {
  return {Delivery::Result::later, std::string(what) + " " + options_.path + ": " + std::strerror(errno), {}};
}

}  // namespace outrigger::adapters::logs
