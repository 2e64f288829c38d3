#include "adapters/logs/tail/position.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"

namespace outrigger::adapters::logs {

Trace Trace::of(std::string_view bytes, std::uint64_t end) {
  return {end, static_cast<std::uint32_t>(bytes.size()), stable_hash(bytes)};
}

Trace Trace::read(int fd, std::uint64_t end, std::uint32_t size) {
  std::array<char, kMost> bytes;
  if (size > kMost || size > end) return {};
  const ssize_t got = ::pread(fd, bytes.data(), size, static_cast<off_t>(end - size));
  if (got != static_cast<ssize_t>(size)) return {};
  return of({bytes.data(), size}, end);
}

bool Trace::is_in(int fd) const { return size == 0 || read(fd, end, size) == *this; }

bool FilePosition::is_of(int fd) const {
  struct stat status{};
  if (::fstat(fd, &status) != 0 || static_cast<std::uint64_t>(status.st_size) < offset) return false;
  return first.is_in(fd) && last.is_in(fd);
}

}  // namespace outrigger::adapters::logs
