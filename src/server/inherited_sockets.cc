#include "server/inherited_sockets.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "outrigger/process_log.h"

namespace outrigger::server {

namespace {

constexpr int kFirst = 3;  // SD_LISTEN_FDS_START

int number_of(const char* name) {
  const char* const text = ::getenv(name);
  int value = 0;
  if (text != nullptr) std::from_chars(text, text + std::string_view(text).size(), value);
  return value;
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  const char* const text = ::getenv("LISTEN_FDNAMES");
  for (std::string_view rest = text == nullptr ? "" : text; !rest.empty();) {
    const auto end = std::min(rest.find(':'), rest.size());
    all.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return all;
}

// Where a stream socket listens; nothing for anything else.
std::optional<net::Address> listening_address(int fd) {
  int listens = 0, type = 0;
  socklen_t length = sizeof listens;
  if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) != 0 || listens == 0) return std::nullopt;
  length = sizeof type;
  if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) != 0 || type != SOCK_STREAM) return std::nullopt;
  sockaddr_storage storage{};
  length = sizeof storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return std::nullopt;
  return net::Address(reinterpret_cast<const sockaddr*>(&storage), length);
}

// As our own listening sockets are.
void prepare(int fd) {
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  const int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

}  // namespace

InheritedSockets::~InheritedSockets() {
  for (const Socket& socket : sockets_) ::close(socket.fd);
}

void InheritedSockets::take() {
  const int count = number_of("LISTEN_PID") == ::getpid() ? number_of("LISTEN_FDS") : 0;
  const auto all = names();
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
  for (int i = 0; i < count; ++i) {
    const int fd = kFirst + i;
    const auto index = static_cast<std::size_t>(i);
    const std::string name = index < all.size() ? all[index] : "";
    if (const auto address = listening_address(fd)) {
      prepare(fd);
      sockets_.push_back({fd, name, *address});
    } else {
      ::fcntl(fd, F_SETFD, FD_CLOEXEC);
      log(LogLevel::warn, "was passed a descriptor that is no listening stream socket", {{"name", name}});
    }
  }
}

std::optional<InheritedSockets::Found> InheritedSockets::find(const std::string& name, const std::string& address,
                                                              const std::function<bool(const net::Address&)>& is_free) {
  const auto parsed = net::Address::parse(address);
  const auto fits = [&](const Socket& one) {
    if (!is_free(one.address)) return 0;
    return (one.name == name ? 2 : 0) + (parsed && one.address == *parsed ? 1 : 0);
  };
  const auto found = std::ranges::max_element(sockets_, {}, fits);  // the first of equals
  if (found == sockets_.end() || fits(*found) == 0) return std::nullopt;
  const int fd = ::fcntl(found->fd, F_DUPFD_CLOEXEC, 0);
  if (fd < 0) return std::nullopt;
  found->is_used = true;
  return Found{fd, found->address};
}

std::vector<std::string> InheritedSockets::unused() const {
  std::vector<std::string> all;
  for (const Socket& socket : sockets_) {
    if (!socket.is_used) all.push_back(socket.name + " (" + socket.address.text() + ")");
  }
  return all;
}

}  // namespace outrigger::server
