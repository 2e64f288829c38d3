#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "adapters/logs/lines/joiner.h"
#include "adapters/logs/source.h"
#include "adapters/logs/stats.h"
#include "adapters/logs/tail/file_events.h"
#include "adapters/logs/tail/file_search.h"
#include "adapters/logs/tail/tail_options.h"
#include "adapters/logs/tail/tailed_file.h"
#include "event/event_loop.h"

namespace outrigger::adapters::logs {

// A file that is followed, and what is known of its name.
struct FollowedFile {
  FollowedFile(std::unique_ptr<TailedFile> opened, const JoinRule& rule) : file(std::move(opened)), joiner(rule) {}
  std::unique_ptr<TailedFile> file;
  Joiner joiner;
  Origin origin;  // the name it was found under
  int watch = -1;
  bool may_grow = true;       // since the latest read to the end
  bool is_rotated = false;    // no name that matches leads to it
  bool is_elsewhere = false;  // found under another name after a restart
  bool is_copy = false;       // of one that is followed: not read unless that one is cut
  Instant changed_at{};       // when it last gave a line or lost its name
};

// Which files are followed, in which order they are read, and which of them may have grown. What stands in them is for
// whoever reads them. Thread: the adapters'; waits for the disk.
class FollowedFiles {
 public:
  using List = std::vector<std::unique_ptr<FollowedFile>>;

  // `options` outlive it. `changed` is called when the kernel says that there may be something to find or to read.
  FollowedFiles(EventLoop& loop, const TailOptions& options, LogStats& stats, std::function<void()> changed);
  ~FollowedFiles();
  FollowedFiles(const FollowedFiles&) = delete;
  FollowedFiles& operator=(const FollowedFiles&) = delete;

  // Finds the files that were read up to `known` again, and all that match.
  void start(std::vector<FilePosition> known);
  // Looks at the names, if any of them may have changed.
  void find_changes();
  // Looks whether files have grown, and now and then at the names: where the kernel tells nothing.
  void look();
  // What was not read of one that was cut may stand in a copy: the copy is read first, under its name and position.
  void follow_copy(const FollowedFile& cut);
  void remove(std::size_t index);

  // Rotated ones in front of those that took their name.
  const List& list() const { return files_; }

 private:
  void restore(FilePosition known);
  void scan(bool from_end);
  void watch_directories();
  void find_new(const std::vector<NamedFile>& files, bool from_end);
  void find_rotated(const std::vector<NamedFile>& files);
  void find_later(const std::string& path, int fd);
  FollowedFile* follow(const NamedFile& file, std::shared_ptr<FilePosition> position, bool in_front);
  void follow_new(const NamedFile& file, bool from_end);
  List::iterator find(const FileId& id);
  bool is_copy_of_known(const FollowedFile& copy) const;
  void on_change(int watch);

  EventLoop& loop_;
  const TailOptions& options_;
  LogStats& stats_;
  std::function<void()> changed_;
  List files_;
  std::unordered_map<std::string, int> directories_;  // watched ones
  bool scan_due_ = false;
  Instant scanned_at_{};
  FileEvents events_;
};

}  // namespace outrigger::adapters::logs
