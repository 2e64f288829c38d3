#include "net/self_connection.h"

#include <sys/socket.h>

#include "net/address.h"

namespace outrigger::net {

bool is_connected_to_itself(int fd) {
  sockaddr_storage here{}, there{};
  socklen_t here_length = sizeof here, there_length = sizeof there;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&here), &here_length) != 0 || here.ss_family == AF_UNIX ||
      ::getpeername(fd, reinterpret_cast<sockaddr*>(&there), &there_length) != 0 ||
      Address(reinterpret_cast<const sockaddr*>(&here), here_length) !=
          Address(reinterpret_cast<const sockaddr*>(&there), there_length)) {
    return false;
  }
  const linger reset{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  return true;
}

}  // namespace outrigger::net
