#include "net/connecting.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace outrigger::net {

namespace {

Address name_of(int fd, int (*ask)(int, sockaddr*, socklen_t*)) {
  sockaddr_storage name{};
  socklen_t length = sizeof name;
  if (ask(fd, reinterpret_cast<sockaddr*>(&name), &length) != 0) return {};
  return {reinterpret_cast<const sockaddr*>(&name), length};
}

// The address may be 0.0.0.0, which no peer has, but its port is the peer's.
bool is_connected_to_itself(int fd, const Address& address) {
  if (address.is_unix()) return false;
  const Address here = name_of(fd, &::getsockname);
  return here.port() == address.port() && here == name_of(fd, &::getpeername);
}

}  // namespace

Connecting start_connect(const Address& address) {
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return {-1, false, errno};
  const int yes = 1;
  if (!address.is_unix()) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (::connect(fd, address.get(), address.length()) == 0) return {fd, false, 0};
  if (errno == EINPROGRESS) return {fd, true, 0};
  const int error = errno;
  ::close(fd);
  return {-1, false, error};
}

int connect_error(int fd, const Address& address) {
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0 || !is_connected_to_itself(fd, address)) return error;
  const linger reset{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  return ECONNREFUSED;
}

}  // namespace outrigger::net
