#include "adapters/datagram_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace outrigger::adapters {
namespace {

constexpr int kMostAtOnce = 256;
constexpr int kReceiveBuffer = 1 << 20;  // as far as net.core.rmem_max lets us
constexpr std::string_view kUnix = "unix:";

void close_with_file(int fd, const std::string& path) {
  ::close(fd);
  if (!path.empty()) ::unlink(path.c_str());
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
  if (fd < 0 || ::bind(fd, address->get(), address->length()) != 0) {
    const std::string why = std::strerror(errno);
    if (fd >= 0) ::close(fd);
    return std::unexpected("cannot receive on " + text + ": " + why);
  }
  if (!path.empty()) ::chmod(path.c_str(), 0666);
  const int is_wanted = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &is_wanted, sizeof is_wanted);
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
  return std::shared_ptr<DatagramSocket>(new DatagramSocket(fd, path));
}

DatagramSocket::~DatagramSocket() { close_with_file(fd_, path_); }

DatagramReader::DatagramReader(EventLoop& loop, std::shared_ptr<DatagramSocket> socket,
                               std::function<void(const Datagram&)> on_datagram)
    : socket_(std::move(socket)),
      on_datagram_(std::move(on_datagram)),
      watch_(loop),
      again_(loop, [this] { read(); }),
      buffer_(std::make_unique<char[]>(kMostBytes)) {
  watch_.set_fd(socket_->fd());
}

DatagramReader::~DatagramReader() { watch_.close(); }

void DatagramReader::start() { read(); }

void DatagramReader::read() {
  for (int i = 0; i < kMostAtOnce; ++i) {
    if (!read_one()) return watch_.wait_readable(this);
  }
  again_.start(Duration(0));
}

bool DatagramReader::read_one() {
  iovec piece{buffer_.get(), kMostBytes};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(std::uint32_t))];
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t size = ::recvmsg(socket_->fd(), &message, 0);
  if (size < 0) return errno == EINTR;
  const std::uint32_t dropped = overflow(message, socket_->dropped);
  const std::uint32_t newly = dropped - std::exchange(socket_->dropped, dropped);
  on_datagram_({{buffer_.get(), static_cast<std::size_t>(size)}, (message.msg_flags & MSG_TRUNC) != 0, newly});
  return true;
}

}  // namespace outrigger::adapters
