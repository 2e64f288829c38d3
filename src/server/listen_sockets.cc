#include "server/listen_sockets.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace outrigger::server {

std::expected<std::shared_ptr<ListenSockets>, std::string> ListenSockets::bind(const std::string& address,
                                                                               std::size_t count, bool is_own_port) {
  const auto parsed = net::Address::parse(address);
  if (!parsed) return std::unexpected(parsed.error());
  if (!is_own_port || parsed->is_unix()) {
    // Without SO_REUSEPORT first: with it, two processes would share a port and nobody would be told.
    const auto probe = net::bind_to(*parsed, false);
    if (!probe) return std::unexpected(probe.error());
    if (parsed->is_unix()) return shared(address, *probe, *parsed);
    ::close(*probe);
  }
  std::shared_ptr<ListenSockets> made(new ListenSockets(address, *parsed, {}));
  for (std::size_t i = 0; i < count; ++i) {
    const auto socket = net::bind_to(*parsed, true);
    if (!socket) return std::unexpected(socket.error());
    made->sockets_.push_back(*socket);
  }
  return made;
}

std::shared_ptr<ListenSockets> ListenSockets::shared(const std::string& address, int socket,
                                                     const net::Address& bound) {
  std::shared_ptr<ListenSockets> made(new ListenSockets(address, bound, {socket}));
  made->is_shared_ = true;
  return made;
}

std::string ListenSockets::listen() {
  if (is_listening_) return {};
  for (const int fd : sockets_) {
    if (::listen(fd, SOMAXCONN) != 0) return "cannot listen on " + address_ + ": " + std::strerror(errno);
  }
  is_listening_ = true;
  return {};
}

void ListenSockets::wait_for_data(bool waits) const {
  for (const int fd : sockets_) net::defer_accept(fd, waits);
}

void ListenSockets::close() {
  for (const int fd : sockets_) ::close(fd);
  sockets_.clear();
}

ListenSockets::~ListenSockets() { close(); }

}  // namespace outrigger::server
