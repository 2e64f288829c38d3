#include "adapters/logs/tail/file_events.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "outrigger/process_log.h"

namespace outrigger::adapters::logs {
namespace {

constexpr unsigned kFileEvents = IN_MODIFY | IN_ATTRIB;  // attributes: its last name is gone
constexpr unsigned kNameEvents = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR;
constexpr int kMostReads = 16;  // of events in one wake-up

}  // namespace

FileEvents::FileEvents(EventLoop& loop, std::function<void(int)> changed)
    : changed_(std::move(changed)), watch_(loop), fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (fd_ < 0) {
    log(LogLevel::warn, "log files are looked at in intervals only", {{"error", std::strerror(errno)}});
    return;
  }
  watch_.set_fd(fd_);
  watch_.wait_readable(this);
}

FileEvents::~FileEvents() {
  watch_.close();
  if (fd_ >= 0) ::close(fd_);
}

int FileEvents::watch_file(int fd) { return add("/proc/self/fd/" + std::to_string(fd), kFileEvents); }

int FileEvents::watch_directory(const std::string& path) { return add(path, kNameEvents); }

int FileEvents::add(const std::string& path, unsigned events) {
  if (fd_ < 0) return -1;
  const int watch = ::inotify_add_watch(fd_, path.c_str(), events);
  if (watch < 0 && errno == ENOSPC && !std::exchange(is_reported_, true)) {
    log(LogLevel::warn,
        "the kernel has no watches left (fs.inotify.max_user_watches): some log files are looked at in "
        "intervals only");
  }
  return watch;
}

void FileEvents::forget(int watch) {
  if (fd_ >= 0 && watch >= 0) ::inotify_rm_watch(fd_, watch);
}

void FileEvents::wake() {
  alignas(inotify_event) std::array<char, 16 * 1024> buffer;
  int latest = -2;  // most events are about the same file as the one before
  int reads = 0;
  for (ssize_t got = 0; (got = ::read(fd_, buffer.data(), buffer.size())) > 0;) {
    if (++reads > kMostReads) {
      changed_(-1);
      break;
    }
    for (ssize_t at = 0; at < got;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      const int watch = (event->mask & IN_Q_OVERFLOW) != 0 ? -1 : event->wd;
      if (watch != std::exchange(latest, watch)) changed_(watch);
    }
  }
  watch_.wait_readable(this);
}

}  // namespace outrigger::adapters::logs
