#include "adapters/logs/syslog/sockets.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace outrigger::adapters::logs {
namespace {

constexpr int kReceiveBuffer = 4 * 1024 * 1024;  // as far as net.core.rmem_max allows
constexpr int kBacklog = 128;

std::expected<int, std::string> bind_datagram(const net::Address& address) {
  if (address.is_unix()) net::remove_stale_unix_socket(address, SOCK_DGRAM);
  const int fd = ::socket(address.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::unexpected("cannot make a socket for " + address.text() + ": " + std::strerror(errno));
  const int on = 1, off = 0;
  if (address.family() == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
  ::setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
  if (::bind(fd, address.get(), address.length()) == 0) return fd;
  std::string problem = "cannot listen on " + address.text() + " (UDP): " + std::strerror(errno);
  ::close(fd);
  return std::unexpected(std::move(problem));
}

std::expected<int, std::string> listen_stream(const net::Address& address) {
  auto fd = net::bind_to(address, false);
  if (!fd || ::listen(*fd, kBacklog) == 0) return fd;
  std::string problem = "cannot listen on " + address.text() + ": " + std::strerror(errno);
  ::close(*fd);
  return std::unexpected(std::move(problem));
}

}  // namespace

SyslogSockets::~SyslogSockets() {
  if (datagram >= 0) ::close(datagram);
  if (stream >= 0) ::close(stream);
  if (!unix_path.empty()) ::unlink(unix_path.c_str());
}

std::expected<std::shared_ptr<SyslogSockets>, std::string> open_syslog(const net::Address& address, bool datagram,
                                                                       bool stream) {
  auto sockets = std::make_shared<SyslogSockets>();
  for (const auto& [wanted, open, place] : {std::tuple(datagram, &bind_datagram, &sockets->datagram),
                                            std::tuple(stream, &listen_stream, &sockets->stream)}) {
    if (!wanted) continue;
    const auto fd = open(address);
    if (!fd) return std::unexpected(fd.error());
    *place = *fd;
  }
  if (address.is_unix()) {
    sockets->unix_path = reinterpret_cast<const sockaddr_un*>(address.get())->sun_path;
    ::chmod(sockets->unix_path.c_str(), 0666);
  }
  return sockets;
}

}  // namespace outrigger::adapters::logs
