#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/logs/tail/position.h"

namespace outrigger::adapters::logs {

// A file's name and what it stands for at the moment.
struct NamedFile {
  std::string path;
  FileId id;
};

// The regular files whose names match one of the patterns (glob(7)) and none of `excluded` (patterns of the last part
// of the name), sorted by name, each file once. Waits for the disk.
std::vector<NamedFile> matching_files(const std::vector<std::string>& patterns,
                                      const std::vector<std::string>& excluded);
// The directories in which files of these patterns may appear; those that exist.
std::vector<std::string> directories_of(const std::vector<std::string>& patterns);

// May a file of this name be what a rotation made of `name`, "app.log" as "app.log.1" or "app-20261126.log"?
bool is_rotated_name(std::string_view name, std::string_view candidate);

// Where a file is now that was read up to `position`: under any new name, or as a copy that was made before it was
// truncated, by its name a rotated one. Looks at the files beside it; at most 10,000. Waits for the disk.
std::optional<NamedFile> find_again(const FilePosition& position);

// The files beside `path` that were rotated from it later than the open file `fd` was, oldest first: their names are
// its name with numbers or a date, and they were written to later. For rotations that nobody saw. Waits for the disk.
std::vector<NamedFile> later_rotations(const std::string& path, int fd);

}  // namespace outrigger::adapters::logs
