#include "base/line_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <utility>

#include "base/stdout_turn.h"
#include "outrigger/process_log.h"

namespace outrigger::base {
namespace {

constexpr Duration kOpenPause = std::chrono::seconds(1);

stats::Counter dropped(const std::string& path, const char* reason) {
  return stats::counter("outrigger_log_dropped_lines_total", "Log lines that were not written.",
                        {{"log", path.empty() ? "stdout" : path}, {"reason", reason}});
}

}  // namespace

LineFile::LineFile(const std::string& path)
    : path_(path), stalled_(dropped(path, "stalled")), failed_(dropped(path, "failed")) {
  if (!path_.empty()) return;
  fd_ = STDOUT_FILENO;
  find_kind();
}

LineFile::~LineFile() {
  if (unfinished_ != nullptr || mid_line_) StdoutTurn::leave_torn(this);
  StdoutTurn::give_back(this);
  if (fd_ >= 0 && fd_ != STDOUT_FILENO) ::close(fd_);
}

bool LineFile::drain(const std::vector<std::shared_ptr<LineLane>>& lanes, Instant now) {
  const bool wants_reopen = reopen_.exchange(false, std::memory_order_acq_rel);
  if (fd_ < 0 && now >= next_open_ && !open_file()) next_open_ = now + kOpenPause;
  blocked_ = false;
  if (path_.empty() && !StdoutTurn::take(this)) return true;  // a log adapter is inside a line
  bool any = unfinished_ != nullptr && drain(*unfinished_);
  for (const auto& lane : lanes) {
    if (blocked_) break;
    any = drain(*lane) || any;
  }
  if (unfinished_ == nullptr && !mid_line_) StdoutTurn::give_back(this);
  if (wants_reopen) reopen(now);
  return any;
}

bool LineFile::drain(LineLane& lane) {
  bool any = false;
  for (std::string_view bytes = lane.peek(); !bytes.empty() && !blocked_; bytes = lane.peek()) {
    any = true;
    if (path_.empty() && StdoutTurn::is_torn()) {
      mid_line_ = true;
      StdoutTurn::mend();
    }
    const long written = fd_ < 0 ? -1 : write_some(mid_line_ ? "\n" : bytes);
    if (written > 0 && mid_line_) {
      mid_line_ = false;
    } else if (written > 0) {
      const auto size = static_cast<std::size_t>(written);
      unfinished_ = bytes[size - 1] == '\n' ? nullptr : &lane;
      lane.consume(size);
    } else if (fd_ >= 0 && errno == EAGAIN) {
      blocked_ = true;
    } else if (fd_ < 0 || errno != EINTR) {
      drop(lane, bytes);
    }
  }
  return any;
}

// These lines are lost: the disk is full, or nobody reads the pipe any more.
void LineFile::drop(LineLane& lane, std::string_view bytes) {
  failed_.add(std::ranges::count(bytes, '\n'));
  lane.consume(bytes.size());
  if (unfinished_ == &lane) mid_line_ = true;
  unfinished_ = nullptr;
}

// As much as goes without waiting; errno EAGAIN when that is nothing. A pipe or terminal that is writable takes
// PIPE_BUF bytes; its flags are shared with other processes, so it is not made non-blocking.
long LineFile::write_some(std::string_view bytes) const {
  if (kind_ == Kind::regular) return ::write(fd_, bytes.data(), bytes.size());
  if (kind_ == Kind::socket) return ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  pollfd ready{fd_, POLLOUT, 0};
  if (::poll(&ready, 1, 0) == 0) {
    errno = EAGAIN;
    return -1;
  }
  return ::write(fd_, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
}

// The old descriptor stays in use when the new file cannot be opened.
void LineFile::reopen(Instant now) {
  if (path_.empty()) return;
  const int old = fd_;
  if (!open_file()) {
    next_open_ = now + kOpenPause;
  } else if (old >= 0) {
    ::close(old);
  }
}

bool LineFile::open_file() {
  const int fd = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
  if (fd < 0) {
    if (!std::exchange(is_reported_, true)) {
      log(LogLevel::error, "cannot open a log file, its lines are dropped",
          {{"path", path_}, {"error", std::strerror(errno)}});
    }
    return false;
  }
  is_reported_ = false;
  fd_ = fd;
  mid_line_ = false;
  unfinished_ = nullptr;
  find_kind();
  return true;
}

void LineFile::find_kind() {
  struct stat status{};
  kind_ = Kind::other;
  if (::fstat(fd_, &status) != 0) return;
  if (S_ISREG(status.st_mode)) kind_ = Kind::regular;
  if (S_ISSOCK(status.st_mode)) kind_ = Kind::socket;
}

}  // namespace outrigger::base
