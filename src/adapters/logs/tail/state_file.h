#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "adapters/logs/tail/position.h"

namespace outrigger::adapters::logs {

// The positions of one adapter's files on disk. Written whole beside the old file, synced, and renamed over it: after a
// crash at any moment one of the two is there. Thread: one at a time; waits for the disk.
class StateFile {
 public:
  // `directory` must exist; `name` is unlike that of every other adapter there.
  StateFile(const std::string& directory, const std::string& name) : directory_(directory), name_(name) {}

  // What was saved; nothing at all if there is no file yet. The error is a sentence: the file is damaged or unreadable.
  std::expected<std::vector<FilePosition>, std::string> load();
  // The error is a sentence; the file is as it was.
  std::expected<void, std::string> save(const std::vector<std::shared_ptr<FilePosition>>& positions);
  // There was a file when load() looked.
  bool existed() const { return existed_; }
  std::string path() const { return directory_ + "/" + name_; }

 private:
  std::string directory_;
  std::string name_;
  bool existed_ = false;
  std::string saved_;  // content; what did not change is not written again
};

// The text of a state file and back; the error is a sentence. One line per file, and a checksum as the last line.
std::string format_state(const std::vector<std::shared_ptr<FilePosition>>& positions);
std::expected<std::vector<FilePosition>, std::string> parse_state(std::string_view text);

}  // namespace outrigger::adapters::logs
