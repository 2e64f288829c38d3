#pragma once

#include <functional>
#include <string>

#include "event/event_loop.h"

namespace outrigger::adapters::logs {

// The kernel's word that files or directories changed (inotify). Where it has none (network file systems, no watches
// left) whoever asks must look by himself now and then. Thread: the loop's.
class FileEvents final : private Wakeable {
 public:
  // `changed` is called with the number of each watch something happened to; with -1: anything may have happened.
  FileEvents(EventLoop& loop, std::function<void(int watch)> changed);
  ~FileEvents();

  // What is written to the open file, under whichever name. -1: it cannot be watched.
  int watch_file(int fd);
  // Names that appear in the directory or leave it.
  int watch_directory(const std::string& path);
  void forget(int watch);

 private:
  void wake() override;
  int add(const std::string& path, unsigned events);

  std::function<void(int)> changed_;
  FdWatch watch_;
  int fd_ = -1;
  bool is_reported_ = false;
};

}  // namespace outrigger::adapters::logs
