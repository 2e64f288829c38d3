#include "adapters/logs/output/spool.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "base/small_file.h"

namespace outrigger::adapters::logs {
namespace {

constexpr std::size_t kLargestBatch = 64 * 1024 * 1024;

std::unexpected<std::string> failed(const char* what, const std::string& path) {
  return std::unexpected(std::string(what) + " " + path + ": " + std::strerror(errno));
}

}  // namespace

std::expected<Spool, std::string> Spool::open(const std::string& directory, std::string_view form) {
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return failed("cannot make", directory);
  if (::access(directory.c_str(), R_OK | W_OK | X_OK) != 0) return failed("cannot write to", directory);
  Spool spool(directory, form);
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".new")) ::unlink(entry.path().c_str());
    spool.note(name, entry.file_size(error));
  }
  std::ranges::sort(spool.found_, {}, &Item::number);
  return spool;
}

void Spool::note(const std::string& name, std::uint64_t size) {
  unsigned long long number = 0, lines = 0;
  char form[16];
  int end = 0;
  if (std::sscanf(name.c_str(), "%llu-%llu.%15[a-z]%n", &number, &lines, form, &end) != 3 ||
      end != static_cast<int>(name.size())) {
    return;
  }
  next_ = std::max<std::uint64_t>(next_, number + 1);
  if (form == form_) {
    found_.push_back({number, lines, size});
  } else {
    other_lines_ += lines;
    other_bytes_ += size;
  }
}

std::string Spool::path(std::uint64_t number, std::uint64_t lines) const {
  return directory_ + "/" + std::to_string(number) + "-" + std::to_string(lines) + "." + form_;
}

std::expected<std::uint64_t, std::string> Spool::put(const std::string& bytes, std::uint64_t lines) {
  const auto written = base::replace_file(path(next_, lines), bytes);
  if (!written) return std::unexpected(written.error());
  return next_++;
}

std::expected<std::string, std::string> Spool::get(std::uint64_t number, std::uint64_t lines) const {
  return base::read_small_file(path(number, lines), kLargestBatch);
}

void Spool::remove(std::uint64_t number, std::uint64_t lines) const { ::unlink(path(number, lines).c_str()); }

}  // namespace outrigger::adapters::logs
