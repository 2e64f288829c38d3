#include "net/transport.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "net/system_calls.h"

namespace outrigger::net {

namespace {

IoResult failed() {
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {IoResult::State::would_block};
  return {IoResult::State::error, 0, errno};
}

}  // namespace

Transport::~Transport() {
  watch_.close();
  if (watch_.fd() >= 0) ::close(watch_.fd());
}

IoResult Transport::shake_hands(Wakeable& waiter) {
  const IoResult result = handshake();
  Wakeable* const waits = result.state == IoResult::State::would_block ? &waiter : nullptr;
  watch_.wait_readable(waits);
  watch_.wait_writable(waits);
  return result;
}

Ends Transport::ends() const {
  if (ends_) return *ends_;
  const auto ask = [this](int (*call)(int, sockaddr*, socklen_t*)) {
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    auto* address = reinterpret_cast<sockaddr*>(&storage);
    return call(fd(), address, &length) == 0 ? Address(address, length) : Address();
  };
  return {ask(&::getpeername), ask(&::getsockname)};
}

PeerEnd Transport::peer_end() const {
  pollfd state{.fd = watch_.fd(), .events = POLLRDHUP, .revents = 0};
  if (::poll(&state, 1, 0) <= 0) return PeerEnd::nothing;
  return (state.revents & (POLLERR | POLLHUP)) != 0 ? PeerEnd::both : PeerEnd::sending;
}

IoResult Socket::read(std::span<char> into) {
  if (!watch_.may_read()) return {IoResult::State::would_block};
  ssize_t got = 0;
  do got = system::receive(fd(), into.data(), into.size(), 0);
  while (got < 0 && errno == EINTR);
  if (got > 0) {
    const auto size = static_cast<std::size_t>(got);
    watch_.read_gave(size < into.size());
    return {IoResult::State::ok, size};
  }
  if (got == 0) return {IoResult::State::eof};
  const IoResult result = failed();
  if (result.state == IoResult::State::would_block) watch_.read_blocked();
  return result;
}

namespace {

// A head and a small body together: copying them costs less than a list of pieces costs the kernel.
constexpr std::size_t kGathered = 2048;

ssize_t send_pieces(int fd, std::span<const iovec> pieces) {
  if (pieces.size() == 1) return system::send(fd, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL);
  std::size_t size = 0;
  for (const iovec& piece : pieces) size += piece.iov_len;
  if (size <= kGathered) {
    char together[kGathered];
    char* end = together;
    for (const iovec& piece : pieces) {
      if (piece.iov_len != 0) end = static_cast<char*>(mempcpy(end, piece.iov_base, piece.iov_len));
    }
    return system::send(fd, together, size, MSG_NOSIGNAL);
  }
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  return system::send_message(fd, message, MSG_NOSIGNAL);
}

}  // namespace

IoResult Socket::write(std::span<const iovec> pieces) {
  ssize_t sent = 0;
  do sent = send_pieces(fd(), pieces);
  while (sent < 0 && errno == EINTR);
  if (sent >= 0) return {IoResult::State::ok, static_cast<std::size_t>(sent)};
  return failed();
}

namespace {

ssize_t splice_once(int from, int to, std::size_t size) {
  ssize_t moved = 0;
  do moved = ::splice(from, nullptr, to, nullptr, size, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  while (moved < 0 && errno == EINTR);
  return moved;
}

}  // namespace

IoResult Socket::read_into_pipe(int pipe, std::size_t most) {
  if (!watch_.may_read()) return {IoResult::State::would_block};
  const ssize_t got = splice_once(fd(), pipe, most);
  if (got > 0) {
    watch_.read_gave(false);  // fewer bytes than asked for may mean that the pipe has no room for more pieces
    return {IoResult::State::ok, static_cast<std::size_t>(got)};
  }
  if (got == 0) return {IoResult::State::eof};
  if (errno == EINVAL || errno == ENOSYS) {
    splices_ = false;
    return {IoResult::State::ok};
  }
  const IoResult result = failed();
  if (result.state == IoResult::State::would_block) watch_.read_blocked();
  return result;
}

IoResult Socket::write_from_pipe(int pipe, std::size_t size) {
  const ssize_t sent = splice_once(pipe, fd(), size);
  if (sent >= 0) return {IoResult::State::ok, static_cast<std::size_t>(sent)};
  return failed();
}

void Socket::shutdown_write() { ::shutdown(fd(), SHUT_WR); }

}  // namespace outrigger::net
