#include "adapters/datagram_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace outrigger::adapters {
namespace {

constexpr int kMostAtOnce = 256;
constexpr int kReceiveBuffer = 4 << 20;  // as far as net.core.rmem_max lets us
constexpr std::string_view kUnix = "unix:";

void close_with_file(int fd, const std::string& path) {
  ::close(fd);
  if (!path.empty()) ::unlink(path.c_str());
}

// Before it is bound: what is lost from the beginning is counted.
void set_options(int fd, int family) {
  const int on = 1, off = 0;
  if (family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  ::setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
}

// Of SO_RXQ_OVFL: how many the kernel dropped since the socket was made.
std::uint32_t overflow(msghdr& message, std::uint32_t otherwise) {
  for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr; each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SO_RXQ_OVFL) continue;
    std::uint32_t count = 0;
    std::memcpy(&count, CMSG_DATA(each), sizeof count);
    return count;
  }
  return otherwise;
}

}  // namespace

std::expected<std::shared_ptr<DatagramSocket>, std::string> DatagramSocket::bind(const std::string& address,
                                                                                 KeyedStore& store) {
  std::string error;
  auto found = store.find_or_make("datagrams " + address, [&]() -> std::shared_ptr<void> {
    auto opened = open(address);
    if (!opened) error = opened.error();
    return opened ? std::static_pointer_cast<void>(*opened) : nullptr;
  });
  if (!found) return std::unexpected(error);
  return std::static_pointer_cast<DatagramSocket>(found);
}

std::expected<std::shared_ptr<DatagramSocket>, std::string> DatagramSocket::open(const std::string& text) {
  const auto address = net::Address::parse(text);
  if (!address) return std::unexpected(address.error());
  const int fd = ::socket(address->family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const std::string path = address->is_unix() ? text.substr(kUnix.size()) : "";
  if (address->is_unix()) net::remove_stale_unix_socket(*address, SOCK_DGRAM);
  if (fd >= 0) set_options(fd, address->family());
  if (fd < 0 || ::bind(fd, address->get(), address->length()) != 0) {
    const std::string why = std::strerror(errno);
    if (fd >= 0) ::close(fd);
    return std::unexpected("cannot receive on " + text + ": " + why);
  }
  if (!path.empty()) ::chmod(path.c_str(), 0666);
  return std::shared_ptr<DatagramSocket>(new DatagramSocket(fd, path));
}

DatagramSocket::~DatagramSocket() { close_with_file(fd_, path_); }

DatagramReader::DatagramReader(EventLoop& loop, std::shared_ptr<DatagramSocket> socket,
                               std::function<void(const Datagram&)> on_datagram, std::function<bool()> has_room)
    : socket_(std::move(socket)),
      on_datagram_(std::move(on_datagram)),
      has_room_(std::move(has_room)),
      watch_(loop),
      again_(loop, [this] { read(); }),
      buffer_(std::make_unique<char[]>(kMostBytes)) {
  watch_.set_fd(socket_->fd());
}

DatagramReader::~DatagramReader() { watch_.close(); }

void DatagramReader::read() {
  for (int i = 0; i < kMostAtOnce; ++i) {
    if (has_room_ && !has_room_()) return;
    if (!read_one()) return watch_.wait_readable(this);
  }
  start();
}

bool DatagramReader::read_one() {
  iovec piece{buffer_.get(), kMostBytes};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(std::uint32_t))];
  sockaddr_storage from;
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t size = ::recvmsg(socket_->fd(), &message, MSG_TRUNC);
  if (size < 0) return errno == EINTR;
  const auto sent = static_cast<std::size_t>(size);
  const std::uint32_t dropped = overflow(message, socket_->dropped);
  const std::uint32_t newly = dropped - std::exchange(socket_->dropped, dropped);
  const std::string_view content(buffer_.get(), std::min(sent, kMostBytes));
  on_datagram_({content, content.size() < sent, newly, sent, from, message.msg_namelen});
  return true;
}

}  // namespace outrigger::adapters
