#include "adapters/logs/output/stdout_output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include "base/stdout_turn.h"

namespace outrigger::adapters::logs {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLookAgain = 20ms;  // somebody else is inside a line, or nothing tells when it is writable
constexpr Duration kPatience = 5s;

mode_t kind_of(int fd) {
  struct stat status{};
  return ::fstat(fd, &status) == 0 ? status.st_mode & S_IFMT : 0;
}

}  // namespace

StdoutOutput::StdoutOutput(EventLoop& loop)
    : loop_(loop), watch_(loop), timer_(loop, [this] { write(); }), fd_(STDOUT_FILENO) {
  const mode_t kind = kind_of(STDOUT_FILENO);
  if (kind == S_IFIFO) {
    const int own = ::open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    owns_fd_ = own >= 0;
    if (owns_fd_) fd_ = own;
  }
  may_watch_ = kind == S_IFIFO || kind == S_IFSOCK;
  watch_.set_fd(fd_);
}

StdoutOutput::~StdoutOutput() {
  watch_.close();
  if (is_mid_line_) base::StdoutTurn::leave_torn(this);
  base::StdoutTurn::give_back(this);
  if (owns_fd_) ::close(fd_);
}

void StdoutOutput::deliver(const std::string& bytes, std::function<void(Delivery)> done) {
  done_ = std::move(done);
  whole_ = bytes;
  left_ = whole_.substr(std::min(written_, whole_.size()));
  moved_at_ = loop_.now();
  write();
}

// Others may write before the batch is offered again.
void StdoutOutput::begin_line_again() {
  base::StdoutTurn::leave_torn(this);
  is_mid_line_ = false;
  const auto end = whole_.rfind('\n', written_ - 1);
  written_ = end == std::string_view::npos ? 0 : end + 1;
}

void StdoutOutput::write() {
  if (!done_) return;
  if (!base::StdoutTurn::take(this)) return wait(kLookAgain);
  while (!left_.empty()) {
    const bool is_torn = base::StdoutTurn::is_torn();
    const long written = write_some(is_torn ? "\n" : left_);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) {
      if (!is_mid_line_) base::StdoutTurn::give_back(this);
      return wait(may_watch_ ? Duration(1s) : kLookAgain);
    }
    if (written < 0) {
      if (is_mid_line_) begin_line_again();
      base::StdoutTurn::give_back(this);
      return finish(
          {Delivery::Result::later, std::string("cannot write to standard output: ") + std::strerror(errno), {}});
    }
    moved_at_ = loop_.now();
    if (is_torn) {
      base::StdoutTurn::mend();
      continue;
    }
    is_mid_line_ = !left_.substr(0, static_cast<std::size_t>(written)).ends_with('\n');
    written_ += static_cast<std::size_t>(written);
    left_.remove_prefix(static_cast<std::size_t>(written));
  }
  written_ = 0;
  base::StdoutTurn::give_back(this);
  finish({});
}

// As much as goes without waiting; errno EAGAIN when that is nothing.
long StdoutOutput::write_some(std::string_view bytes) const {
  if (owns_fd_ || kind_of(fd_) == S_IFREG) return ::write(fd_, bytes.data(), bytes.size());
  const long sent = ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0 || errno != ENOTSOCK) return sent;
  pollfd ready{fd_, POLLOUT, 0};
  if (::poll(&ready, 1, 0) == 0) {
    errno = EAGAIN;
    return -1;
  }
  return ::write(fd_, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
}

void StdoutOutput::wait(Duration at_most) {
  if (loop_.now() - moved_at_ > kPatience) {
    return finish({Delivery::Result::later, "standard output takes nothing", {}});
  }
  if (may_watch_) watch_.wait_writable(this);
  timer_.start(at_most);
}

void StdoutOutput::finish(Delivery delivery) {
  timer_.stop();
  std::exchange(done_, nullptr)(std::move(delivery));
}

}  // namespace outrigger::adapters::logs
