#include "server/file_watch.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "outrigger/process_log.h"

namespace outrigger::server {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr Duration kSettle = 50ms;       // after the last event: a writer is often in the middle
constexpr Duration kSettleMost = 500ms;  // after the first one
constexpr Duration kCheck = 10s;
constexpr int kMaxHops = 40;                        // as the kernel's limit
constexpr std::size_t kMaxBytes = 8 * 1024 * 1024;  // of one file
constexpr int kMostReads = 16;                      // of events in one wake-up
// A directory tells what its names mean. What is written to its files is not asked for: logs may stand beside the
// configuration.
constexpr std::uint32_t kNameEvents =
    IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr std::uint32_t kContentEvents = IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB;

bool is_pattern(const std::string& source) { return source.find_first_of("*?[") != std::string::npos; }

void mix(std::uint64_t& sum, std::string_view text) {
  sum = (sum ^ std::hash<std::string_view>{}(text)) * 0x9E3779B97F4A7C15U;
  sum ^= sum >> 29U;
}

// Only regular files are opened: a FIFO would block, a device never ends.
void mix_file(std::uint64_t& sum, const std::string& path) {
  mix(sum, path);
  struct stat info{};
  const int fd =
      ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) ? ::open(path.c_str(), O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return mix(sum, std::to_string(errno));
  std::array<char, 64 * 1024> buffer;
  std::size_t total = 0;
  for (ssize_t got = 0; total < kMaxBytes && (got = ::read(fd, buffer.data(), buffer.size())) > 0;) {
    total += static_cast<std::size_t>(got);
    mix(sum, {buffer.data(), static_cast<std::size_t>(got)});
  }
  ::close(fd);
}

void mix_pattern(std::uint64_t& sum, const std::string& pattern) {
  mix(sum, pattern);
  glob_t found{};
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) mix_file(sum, found.gl_pathv[i]);
  }
  ::globfree(&found);
}

}  // namespace

std::uint64_t content_fingerprint(const std::vector<std::string>& sources) {
  std::uint64_t sum = 0;
  for (const std::string& source : sources) {
    if (is_pattern(source)) {
      mix_pattern(sum, source);
    } else {
      mix_file(sum, source);
    }
  }
  return sum;
}

FileWatch::FileWatch(EventLoop& loop, std::function<void()> changed)
    : loop_(loop),
      changed_(std::move(changed)),
      watch_(loop),
      settle_timer_(loop, [this] { settle(); }),
      check_timer_(loop, [this] { settle(); }) {}

FileWatch::~FileWatch() { close(); }

void FileWatch::watch(const std::vector<std::string>& sources) {
  sources_ = sources;
  open();
  known_ = content_fingerprint(sources_);
  settling_ = false;
  settle_timer_.stop();
  check_timer_.start(kCheck);
}

void FileWatch::open() {
  close();
  fd_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd_ < 0) {
    log(LogLevel::warn, "files are watched by comparing them every 10 s only", {{"error", std::strerror(errno)}});
    return;
  }
  for (const std::string& source : sources_) {
    if (is_pattern(source)) {
      const fs::path directory = fs::path(source).parent_path();
      watch_name(directory.empty() ? "." : directory.string(), "");
    } else {
      follow(source, 0);
    }
  }
  watch_.set_fd(fd_);
  watch_.wait_readable(this);
}

void FileWatch::close() {
  watch_.close();
  names_.clear();
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

// Watches each name on the way that may come to mean something else: every symbolic link, and the file itself.
void FileWatch::follow(const std::string& path, int hops) {
  fs::path at = path.starts_with('/') ? "/" : ".";
  const fs::path whole(path);
  const fs::path parts = whole.relative_path();
  for (auto part = parts.begin(); part != parts.end(); ++part) {
    const fs::path next = at / *part;
    std::error_code error;
    const auto status = fs::symlink_status(next, error);
    const bool is_last = std::next(part) == parts.end();
    const bool is_link = status.type() == fs::file_type::symlink;
    if (is_last || is_link || !fs::exists(status)) watch_name(at.string(), part->string());
    if (!fs::exists(status)) return;
    if (is_last && !is_link) watch_content(next.string());
    if (is_link) {
      if (hops >= kMaxHops) return;
      fs::path target = fs::read_symlink(next, error);
      if (target.is_relative()) target = at / target;
      for (++part; part != parts.end(); ++part) target /= *part;
      return follow(target.string(), hops + 1);
    }
    at = next;
  }
}

void FileWatch::watch_name(const std::string& directory, const std::string& name) {
  const int descriptor = ::inotify_add_watch(fd_, directory.c_str(), kNameEvents);
  if (descriptor >= 0) names_[descriptor].insert(name);
}

void FileWatch::watch_content(const std::string& file) {
  const int descriptor = ::inotify_add_watch(fd_, file.c_str(), kContentEvents);
  if (descriptor >= 0) names_[descriptor].insert("");
}

void FileWatch::wake() {
  alignas(inotify_event) std::array<char, 16 * 1024> buffer;
  bool matters = false;
  int reads = 0;
  for (ssize_t got = 0; (got = ::read(fd_, buffer.data(), buffer.size())) > 0;) {
    // More than can be read: whether any of it matters is told by the content, with a watch that begins anew.
    if (++reads == kMostReads) {
      matters = true;
      break;
    }
    for (ssize_t at = 0; at < got;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      const auto names = names_.find(event->wd);
      matters = matters || event->len == 0 || names == names_.end() || names->second.contains("") ||
                names->second.contains(event->name);
    }
  }
  watch_.wait_readable(this);
  if (!matters) return;
  if (!std::exchange(settling_, true)) first_event_ = loop_.now();
  settle_timer_.start(loop_.now() - first_event_ + kSettle > kSettleMost ? Duration::zero() : kSettle);
}

void FileWatch::settle() {
  const std::uint64_t before = known_;
  watch(sources_);
  if (known_ != before) changed_();
}

}  // namespace outrigger::server
