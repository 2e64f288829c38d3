#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "event/event_loop.h"

namespace outrigger::server {

// Notices when files change their content: rewritten, renamed over, appearing, vanishing, or behind a symbolic link
// that is swapped anywhere on the way (as Kubernetes does with `..data`). Uses inotify on every hop of each path, and
// compares contents every ten seconds for file systems that tell nothing. Files above 8 MiB are compared by their first
// 8 MiB. Thread: the loop's.
class FileWatch final : private Wakeable {
 public:
  // `changed` is called when the content differs from what it was at the latest watch().
  FileWatch(EventLoop& loop, std::function<void()> changed);
  ~FileWatch();

  // Replaces what is watched, and takes the present content as known. A path with * ? or [ is a pattern: the files that
  // match it count too. Call it before the files are read: what changes meanwhile is noticed then.
  void watch(const std::vector<std::string>& sources);

 private:
  void wake() override;
  void settle();
  void open();
  void close();
  void follow(const std::string& path, int hops);
  void watch_name(const std::string& directory, const std::string& name);
  void watch_content(const std::string& file);

  EventLoop& loop_;
  std::function<void()> changed_;
  std::vector<std::string> sources_;
  std::uint64_t known_ = 0;  // fingerprint of all content
  FdWatch watch_;
  int fd_ = -1;
  std::map<int, std::set<std::string>> names_;  // by watch descriptor; "" = every name
  Timer settle_timer_;
  Timer check_timer_;
  Instant first_event_{};
  bool settling_ = false;
};

// A fingerprint of the content of the files, or of why they can't be read. Blocks on the files.
std::uint64_t content_fingerprint(const std::vector<std::string>& sources);

}  // namespace outrigger::server
