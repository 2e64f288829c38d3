#include "adapters/logs/syslog/sockets.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace outrigger::adapters::logs {
namespace {

constexpr int kBacklog = 128;

}  // namespace

std::expected<std::shared_ptr<StreamSocket>, std::string> StreamSocket::listen(const std::string& address,
                                                                               KeyedStore& store) {
  std::string error;
  auto found = store.find_or_make("streams " + address, [&]() -> std::shared_ptr<void> {
    auto opened = open(net::Address::parse(address).value());
    if (!opened) error = opened.error();
    return opened ? std::static_pointer_cast<void>(*opened) : nullptr;
  });
  if (!found) return std::unexpected(error);
  return std::static_pointer_cast<StreamSocket>(found);
}

std::expected<std::shared_ptr<StreamSocket>, std::string> StreamSocket::open(const net::Address& address) {
  const auto fd = net::bind_to(address, false);
  if (!fd) return std::unexpected(fd.error());
  const std::string path = address.is_unix() ? reinterpret_cast<const sockaddr_un*>(address.get())->sun_path : "";
  std::shared_ptr<StreamSocket> made(new StreamSocket(*fd, path));
  if (::listen(*fd, kBacklog) != 0) {
    return std::unexpected("cannot listen on " + address.text() + ": " + std::strerror(errno));
  }
  if (!path.empty()) ::chmod(path.c_str(), 0666);
  return made;
}

StreamSocket::~StreamSocket() {
  ::close(fd_);
  if (!path_.empty()) ::unlink(path_.c_str());
}

}  // namespace outrigger::adapters::logs
