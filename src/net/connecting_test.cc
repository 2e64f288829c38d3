#include "net/connecting.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace outrigger::net {

TEST_CASE("connecting: a socket that became its own peer was refused", "[net]") {
  Address any = Address::parse("127.0.0.1:1").value();
  any.set_port(0);
  const int fd = bind_to(any, false).value_or(-1);
  REQUIRE(fd >= 0);
  sockaddr_storage name{};
  socklen_t length = sizeof name;
  REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &length) == 0);
  const Address address(reinterpret_cast<const sockaddr*>(&name), length);
  SECTION("it connects to the port it has") {
    ::connect(fd, address.get(), address.length());
    pollfd connected{fd, POLLOUT, 0};
    REQUIRE(::poll(&connected, 1, 10'000) == 1);
    CHECK(connect_error(fd, address) == ECONNREFUSED);
    Address unspecified = Address::parse("0.0.0.0:1").value();
    unspecified.set_port(address.port());
    CHECK(connect_error(fd, unspecified) == ECONNREFUSED);
  }
  SECTION("somebody listens there") {
    REQUIRE(::listen(fd, 1) == 0);
    const Connecting connecting = start_connect(address);
    pollfd connected{connecting.fd, POLLOUT, 0};
    REQUIRE(::poll(&connected, 1, 10'000) == 1);
    CHECK(connect_error(connecting.fd, address) == 0);
    ::close(connecting.fd);
  }
  ::close(fd);
}

}  // namespace outrigger::net
