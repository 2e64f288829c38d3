#pragma once

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstddef>

// recv, send and sendmsg without glibc's thread cancellation around them, which costs 1 % of a small request; no thread
// here is ever cancelled. Results and errno as of the originals. Sanitizers watch the originals, so their builds use
// them.
namespace outrigger::net::system {

#ifdef OUTRIGGER_SANITIZED
inline ssize_t receive(int fd, void* into, std::size_t size, int flags) { return ::recv(fd, into, size, flags); }
inline ssize_t send(int fd, const void* from, std::size_t size, int flags) { return ::send(fd, from, size, flags); }
inline ssize_t send_message(int fd, const msghdr& message, int flags) { return ::sendmsg(fd, &message, flags); }
#else
inline ssize_t receive(int fd, void* into, std::size_t size, int flags) {
  return ::syscall(SYS_recvfrom, fd, into, size, flags, nullptr, nullptr);
}
inline ssize_t send(int fd, const void* from, std::size_t size, int flags) {
  return ::syscall(SYS_sendto, fd, from, size, flags, nullptr, 0);
}
inline ssize_t send_message(int fd, const msghdr& message, int flags) {
  return ::syscall(SYS_sendmsg, fd, &message, flags);
}
#endif

}  // namespace outrigger::net::system
