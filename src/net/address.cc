#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/cidr.h"

namespace outrigger::net {

namespace {

constexpr std::string_view kUnix = "unix:";

std::expected<Address, std::string> parse_unix(std::string_view path) {
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return std::unexpected("a Unix socket path has 1 to " + std::to_string(sizeof address.sun_path - 1) + " bytes");
  }
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return Address(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

Address any_address(std::uint16_t port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_any;
  address.sin6_port = htons(port);
  return {reinterpret_cast<const sockaddr*>(&address), sizeof address};
}

std::string system_error(std::string_view what, const Address& address) {
  return std::string(what) + ' ' + address.text() + ": " + std::strerror(errno);
}

void set_flag(int fd, int level, int option, int value = 1) { ::setsockopt(fd, level, option, &value, sizeof value); }

}  // namespace

Address::Address(const sockaddr* address, socklen_t length) : length_(length) {
  std::memcpy(&storage_, address, std::min<std::size_t>(length, sizeof storage_));
}

std::span<const std::byte> ip_bytes(std::string_view text, std::array<std::byte, 16>& storage) {
  return base::ip_bytes(text, storage);
}

std::expected<HostPort, std::string> split_host_port(std::string_view text) {
  HostPort result;
  std::string_view port = text;
  if (text.starts_with('[')) {
    const auto end = text.find("]:");
    if (end == std::string_view::npos) return std::unexpected("write an IPv6 address with its port as [::1]:80");
    result.host = text.substr(1, end - 1);
    port = text.substr(end + 2);
  } else if (const auto colon = text.rfind(':'); colon != std::string_view::npos) {
    result.host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (result.host.contains(':')) return std::unexpected("write an IPv6 address with its port as [::1]:80");
  }
  unsigned value = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), value);
  if (error != std::errc{} || end != port.data() + port.size() || value == 0 || value > 65535) {
    return std::unexpected("\"" + std::string(text) + "\" has no port of 1 to 65535");
  }
  result.port = static_cast<std::uint16_t>(value);
  return result;
}

std::expected<Address, std::string> Address::parse(std::string_view text) {
  if (text.starts_with(kUnix)) return parse_unix(text.substr(kUnix.size()));
  auto parts = split_host_port(text);
  if (!parts) return std::unexpected(parts.error());
  if (parts->host.empty() || parts->host == "*") return any_address(parts->port);
  sockaddr_in v4{};
  if (::inet_pton(AF_INET, parts->host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(parts->port);
    return Address(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
  }
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET6, parts->host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(parts->port);
    return Address(reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
  }
  return std::unexpected("\"" + parts->host + "\" is not an IP address");
}

std::uint16_t Address::port() const {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_port);
  if (family() == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_port);
  return 0;
}

void Address::set_port(std::uint16_t port) {
  if (family() == AF_INET) reinterpret_cast<sockaddr_in*>(&storage_)->sin_port = htons(port);
  if (family() == AF_INET6) reinterpret_cast<sockaddr_in6*>(&storage_)->sin6_port = htons(port);
}

bool Address::is_unix() const { return family() == AF_UNIX; }

bool Address::is_loopback() const {
  if (is_unix()) return true;
  if (family() == AF_INET) {
    return (ntohl(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_addr.s_addr) >> 24) == 127;
  }
  return family() == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_addr);
}

bool Address::is_unicast() const {
  if (family() == AF_INET) {
    const std::uint32_t bits = ntohl(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_addr.s_addr);
    return bits != INADDR_ANY && bits != INADDR_BROADCAST && !IN_MULTICAST(bits);
  }
  if (family() != AF_INET6) return true;
  const in6_addr& bits = reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_addr;
  return !IN6_IS_ADDR_UNSPECIFIED(&bits) && !IN6_IS_ADDR_MULTICAST(&bits);
}

bool Address::operator==(const Address& other) const {
  if (family() != other.family() || port() != other.port()) return false;
  if (family() != AF_INET6) return text() == other.text();
  const auto& one = reinterpret_cast<const sockaddr_in6&>(storage_);
  const auto& two = reinterpret_cast<const sockaddr_in6&>(other.storage_);
  return IN6_ARE_ADDR_EQUAL(&one.sin6_addr, &two.sin6_addr) && one.sin6_scope_id == two.sin6_scope_id;
}

namespace {

// inet_ntop prints by a format string, which every accepted connection would pay for.
std::string dotted(const void* address) {
  const auto* bytes = static_cast<const unsigned char*>(address);
  char text[INET_ADDRSTRLEN];
  char* end = text;
  for (int i = 0; i < 4; ++i) {
    if (i > 0) *end++ = '.';
    end = std::to_chars(end, text + sizeof text, bytes[i]).ptr;
  }
  return {text, end};
}

}  // namespace

std::string Address::ip() const {
  if (family() == AF_INET) return dotted(&reinterpret_cast<const sockaddr_in*>(&storage_)->sin_addr);
  if (family() != AF_INET6) return "unix:";
  const auto& v6 = reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return dotted(v6.s6_addr + 12);
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(AF_INET6, &v6, text, sizeof text);
  return text;
}

std::string Address::text() const {
  if (is_unix()) return std::string(kUnix) + reinterpret_cast<const sockaddr_un*>(&storage_)->sun_path;
  const std::string host = ip();
  return (host.contains(':') ? '[' + host + ']' : host) + ':' + std::to_string(port());
}

void remove_stale_unix_socket(const Address& address, int type) {
  const auto* path = reinterpret_cast<const sockaddr_un*>(address.get())->sun_path;
  struct stat info{};
  if (::lstat(path, &info) != 0 || !S_ISSOCK(info.st_mode)) return;
  const int probe = ::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (::connect(probe, address.get(), address.length()) != 0 && errno == ECONNREFUSED) ::unlink(path);
  ::close(probe);
}

std::expected<int, std::string> bind_to(const Address& address, bool reuse_port) {
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::unexpected(system_error("cannot make a socket for", address));
  if (address.is_unix()) {
    remove_stale_unix_socket(address, SOCK_STREAM);
  } else {
    set_flag(fd, SOL_SOCKET, SO_REUSEADDR);
    if (reuse_port) set_flag(fd, SOL_SOCKET, SO_REUSEPORT);
    if (address.family() == AF_INET6) set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    set_flag(fd, IPPROTO_TCP, TCP_NODELAY);  // inherited by accepted sockets
  }
  if (::bind(fd, address.get(), address.length()) != 0) {
    auto message = system_error("cannot listen on", address);
    ::close(fd);
    return std::unexpected(std::move(message));
  }
  return fd;
}

void defer_accept(int fd, bool waits) { set_flag(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, waits ? 1 : 0); }

}  // namespace outrigger::net
