#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace outrigger::net {

// A socket address: IPv4, IPv6 or Unix.
class Address {
 public:
  Address() = default;
  Address(const sockaddr* address, socklen_t length);

  // "127.0.0.1:80", "[::1]:80", "unix:/path", "8080" (dual stack, any address). A name is an error: resolve it.
  static std::expected<Address, std::string> parse(std::string_view text);

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t length() const { return length_; }
  int family() const { return storage_.ss_family; }
  std::uint16_t port() const;
  void set_port(std::uint16_t port);
  bool is_loopback() const;
  // Neither multicast nor the unspecified address, which Linux would take for this host.
  bool is_unicast() const;
  bool is_unix() const;
  bool operator==(const Address& other) const;
  // Without port: "127.0.0.1", "::1", "unix:".
  std::string ip() const;
  // As parse() takes it.
  std::string text() const;

 private:
  sockaddr_storage storage_{};
  socklen_t length_ = 0;
};

// The bytes of an IP address in text, 4 or 16, in `storage`; empty if it is none.
std::span<const std::byte> ip_bytes(std::string_view text, std::array<std::byte, 16>& storage);

// The parts of "host:port" and "[v6]:port"; a bare port gives an empty host.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};
std::expected<HostPort, std::string> split_host_port(std::string_view text);

// A non-blocking, close-on-exec socket to listen with, bound and not listening yet, with SO_REUSEADDR, and SO_REUSEPORT
// when `reuse_port`. Errors are a sentence: "cannot listen on 0.0.0.0:80: Permission denied". A stale Unix socket file
// is replaced.
std::expected<int, std::string> bind_to(const Address& address, bool reuse_port);

// Takes away the socket file of `address`, a Unix one, if nobody serves it: a process that died left it, and a socket
// of `type` is refused. What is in use stays, and what is no socket.
void remove_stale_unix_socket(const Address& address, int type);

// Has accept() wait for a client's first bytes, or not. Nothing on a Unix socket.
void defer_accept(int fd, bool waits);

}  // namespace outrigger::net
