#pragma once

#include "net/address.h"

namespace outrigger::net {

// Begins a connect: a non-blocking socket that is connected or on its way (`in_progress`), or errno.
struct Connecting {
  int fd = -1;
  bool in_progress = false;
  int error = 0;
};
Connecting start_connect(const Address& address);

// What became of a socket on its way to `address` when it is writable: errno, or 0 for connected. Where nobody listens
// on a port of this host, Linux may pick that very port for the socket and connect it to itself; that is ECONNREFUSED,
// and the socket resets at its end: no TIME_WAIT keeps the service off its port. Cost: two system calls.
int connect_error(int fd, const Address& address);

}  // namespace outrigger::net
