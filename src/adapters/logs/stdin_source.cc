#include "adapters/logs/stdin_source.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "adapters/logs/hand_over.h"
#include "outrigger/process_log.h"

namespace outrigger::adapters::logs {
namespace {

constexpr std::size_t kTurn = 1024 * 1024;

bool is_readable() {
  pollfd ready{STDIN_FILENO, POLLIN, 0};
  return ::poll(&ready, 1, 0) == 1;
}

}  // namespace

StdinSource::StdinSource(EventLoop& loop, StreamOptions options, HalfRead before, EventSink& sink)
    : loop_(loop),
      options_(std::move(options)),
      sink_(sink),
      splitter_(std::move(before.line)),
      joiner_(options_.join, std::move(before.event)),
      watch_(loop),
      read_timer_(loop, [this] { read(); }),
      flush_timer_(loop, [this] { flush_late(); }) {
  splitter_.set_most(options_.longest_line);
}

void StdinSource::start() {
  struct stat status{};
  if (::fstat(STDIN_FILENO, &status) != 0) {
    has_ended_ = true;
    return;
  }
  may_watch_ = S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || ::isatty(STDIN_FILENO) == 1;
  watch_.set_fd(STDIN_FILENO);
  read_timer_.start(Duration::zero());
  if (options_.join.joins()) return flush_timer_.start(options_.flush_after);
  flush_event();  // lines that were joined before a reload
}

void StdinSource::resume() { read_timer_.start(Duration::zero()); }

void StdinSource::read() {
  std::array<char, 64 * 1024> buffer;
  for (std::size_t total = 0; !has_ended_ && !sink_.is_full();) {
    if (total >= kTurn) return read_timer_.start(Duration::zero());
    if (!is_readable()) {
      if (may_watch_) watch_.wait_readable(this);
      return;
    }
    const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return read_timer_.start(std::chrono::milliseconds(10));
    if (got <= 0) {
      has_ended_ = true;
      flush();
      log(LogLevel::info, "standard input has ended");
      return;
    }
    total += static_cast<std::size_t>(got);
    splitter_.feed({buffer.data(), static_cast<std::size_t>(got)}, [this](const Line& line) { give(line); });
  }
}

void StdinSource::give(const Line& line) {
  joiner_.add(line, offset_, loop_.now(), [this](const Event& event) { sink_.take(origin_, event); });
  offset_ += line.size;
}

void StdinSource::flush() {
  if (const auto line = splitter_.finish()) give(*line);
  flush_event();
}

void StdinSource::flush_event() {
  joiner_.flush([this](const Event& event) { sink_.take(origin_, event); });
}

void StdinSource::leave(HandOver& to) { to.standard_input = {std::move(splitter_), joiner_.take_waiting()}; }

void StdinSource::flush_late() {
  if (joiner_.is_waiting() && loop_.now() - joiner_.changed_at() >= options_.flush_after) flush_event();
  flush_timer_.start(options_.flush_after);
}

}  // namespace outrigger::adapters::logs
