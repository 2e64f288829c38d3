#include "adapters/logs/tail/file_search.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>

namespace outrigger::adapters::logs {
namespace {

constexpr int kMostLooks = 10'000;

// Since 1970, in nanoseconds.
std::int64_t changed_at(const struct stat& status) {
  return std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool is_pattern(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

std::vector<std::string> expand(const std::string& pattern) {
  std::vector<std::string> found;
  glob_t names{};
  if (::glob(pattern.c_str(), 0, nullptr, &names) == 0) {
    for (std::size_t i = 0; i < names.gl_pathc; ++i) found.emplace_back(names.gl_pathv[i]);
  }
  ::globfree(&names);
  return found;
}

std::string name_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

bool is_excluded(const std::string& path, const std::vector<std::string>& excluded) {
  const std::string name = name_of(path);
  return std::ranges::any_of(
      excluded, [&](const std::string& pattern) { return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0; });
}

std::optional<NamedFile> regular_file(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return NamedFile{path, {status.st_dev, status.st_ino}};
}

bool has_content(const std::string& path, const FilePosition& position) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return false;
  const bool has = position.is_of(fd);
  ::close(fd);
  return has;
}

// The first regular file of `directory` that `fits`.
std::optional<NamedFile> find_in(const std::string& directory, const std::function<bool(const NamedFile&)>& fits) {
  const std::unique_ptr<DIR, int (*)(DIR*)> list(::opendir(directory.c_str()), ::closedir);
  if (!list) return std::nullopt;
  int looks = 0;
  for (const dirent* entry = nullptr; (entry = ::readdir(list.get())) != nullptr && looks < kMostLooks; ++looks) {
    if (entry->d_type != DT_REG && entry->d_type != DT_UNKNOWN) continue;
    const auto file = regular_file(directory + "/" + entry->d_name);
    if (file && fits(*file)) return file;
  }
  return std::nullopt;
}

}  // namespace

std::vector<NamedFile> matching_files(const std::vector<std::string>& patterns,
                                      const std::vector<std::string>& excluded) {
  std::vector<NamedFile> files;
  for (const std::string& pattern : patterns) {
    for (const std::string& path : expand(pattern)) {
      if (is_excluded(path, excluded)) continue;
      auto file = regular_file(path);
      if (!file || std::ranges::find(files, file->id, &NamedFile::id) != files.end()) continue;
      files.push_back(std::move(*file));
    }
  }
  return files;
}

std::vector<std::string> directories_of(const std::vector<std::string>& patterns) {
  std::vector<std::string> directories;
  for (const std::string& pattern : patterns) {
    const std::string directory = directory_of(pattern);
    for (std::string& found : is_pattern(directory) ? expand(directory) : std::vector{directory}) {
      if (std::ranges::find(directories, found) == directories.end()) directories.push_back(std::move(found));
    }
  }
  return directories;
}

bool is_rotated_name(std::string_view name, std::string_view candidate) {
  if (candidate.starts_with(name)) return candidate.size() > name.size();
  const std::string_view stem = name.substr(0, name.rfind('.'));
  return !stem.empty() && stem != name && candidate.size() > stem.size() + 1 && candidate.starts_with(stem) &&
         std::string_view("-._").contains(candidate[stem.size()]) && candidate != name;
}

std::vector<NamedFile> later_rotations(const std::string& path, int fd) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return {};
  const std::string name = name_of(path);
  const auto is_number = [](std::string_view more) {
    return more.find_first_of("0123456789") != std::string_view::npos &&
           more.find_first_not_of("0123456789-._T") == std::string_view::npos;
  };
  std::vector<std::pair<std::int64_t, NamedFile>> found;
  find_in(directory_of(path), [&](const NamedFile& file) {
    const std::string candidate = name_of(file.path);
    struct stat other{};
    if (candidate.starts_with(name) && is_number(std::string_view(candidate).substr(name.size())) &&
        ::stat(file.path.c_str(), &other) == 0 && changed_at(other) >= changed_at(status)) {
      found.emplace_back(changed_at(other), file);
    }
    return false;
  });
  std::ranges::sort(found, {}, &std::pair<std::int64_t, NamedFile>::first);
  std::vector<NamedFile> files;
  for (auto& [time, file] : found) files.push_back(std::move(file));
  return files;
}

std::optional<NamedFile> find_again(const FilePosition& position) {
  std::vector<std::string> directories{directory_of(position.path)};
  // A name may be a link to another directory, where its target is rotated.
  std::error_code error;
  const auto target = std::filesystem::canonical(position.path, error);
  if (!error && target.parent_path() != directories[0]) directories.push_back(target.parent_path().string());
  for (const std::string& directory : directories) {
    auto file = find_in(directory, [&](const NamedFile& each) {
      return each.id.inode == position.id.inode && has_content(each.path, position);
    });
    if (file) return file;
  }
  if (!position.is_recognizable()) return std::nullopt;
  const std::string name = name_of(position.path);
  for (const std::string& directory : directories) {
    auto file = find_in(directory, [&](const NamedFile& each) {
      return is_rotated_name(name, name_of(each.path)) && has_content(each.path, position);
    });
    if (file) return file;
  }
  return std::nullopt;
}

}  // namespace outrigger::adapters::logs
