#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace outrigger {

// Lines for a file or for standard output, written behind the caller's back.
//
// Each LineLog is a lane of its own into its file: the caller formats a line in place, a thread of the process writes
// what the lanes hold, whole lines of one lane in their order, at the latest 50 ms after commit(). The caller never
// waits: a lane whose file is slow, full or closed drops lines and counts them (outrigger_log_dropped_lines_total).
// Thread: one at a time, the same for all calls. Cost: no lock, no system call but one wake-up per batch, no allocation
// once warm. Memory: at most kLaneSize, taken in chunks as they are needed.
class LineLog {
 public:
  static constexpr std::size_t kMaxLine = 8 * 1024;
  static constexpr std::size_t kLaneSize = 1024 * 1024;  // 35 ms of 100,000 lines a second

  LineLog() = default;
  LineLog(const LineLog&) = delete;
  LineLog& operator=(const LineLog&) = delete;
  // What was committed is still written.
  virtual ~LineLog() = default;

  // Room for kMaxLine bytes, valid until commit() or the next reserve(). Null when the lane is full: the line is
  // counted as dropped.
  virtual char* reserve() noexcept = 0;
  // The first `size` bytes of the room are a whole line, its "\n" included.
  virtual void commit(std::size_t size) noexcept = 0;
};

// A lane into the file `path`, made if missing and appended to; "" is standard output. A file that cannot be opened is
// tried again every second, its lines counted as dropped until then. Thread: any.
std::unique_ptr<LineLog> open_log(const std::string& path);

// Opens every file anew, for log rotation: what was committed before goes to the old one. Returns at once. Thread: any.
void reopen_logs();

// Writes what is there and stops the thread that writes; waits at most a second for a sink that stalls. Later lines
// stay unwritten. For the end of the process. Thread: any, when nobody writes lines any more.
void close_logs();

}  // namespace outrigger
