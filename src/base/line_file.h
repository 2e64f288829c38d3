#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/line_lane.h"
#include "outrigger/clock.h"
#include "outrigger/stats.h"

namespace outrigger::base {

// One file or standard output, and the lanes whose lines go there. Thread: the writer's, request_reopen() aside.
class LineFile {
 public:
  // `path` empty: standard output.
  explicit LineFile(const std::string& path);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  // Any thread: the next drain() ends with opening the file anew.
  void request_reopen() { reopen_.store(true, std::memory_order_release); }

  // Writes what `lanes` hold, as far as it goes without waiting (a regular file aside). True if there was anything.
  bool drain(const std::vector<std::shared_ptr<LineLane>>& lanes, Instant now);
  // The descriptor to wait for, -1 unless the last drain() ended because the reader is slow.
  int blocked_on() const { return blocked_ ? fd_ : -1; }

  const stats::Counter& stalled() const { return stalled_; }

 private:
  enum class Kind : unsigned char { regular, socket, other };

  bool drain(LineLane& lane);
  void reopen(Instant now);
  bool open_file();
  void find_kind();
  long write_some(std::string_view bytes) const;
  void drop(LineLane& lane, std::string_view bytes);

  const std::string path_;
  const stats::Counter stalled_;  // lines dropped because the lane was full
  const stats::Counter failed_;   // lines dropped because they could not be written
  std::atomic<bool> reopen_{false};
  int fd_ = -1;
  Kind kind_ = Kind::other;
  Instant next_open_{};
  bool blocked_ = false;
  bool is_reported_ = false;        // that it cannot be opened
  LineLane* unfinished_ = nullptr;  // its line is written in part; it goes on before any other
  bool mid_line_ = false;           // the file ends in a part of a line whose rest was lost
};

}  // namespace outrigger::base
