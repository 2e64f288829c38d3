#include "adapters/datagram_socket.h"

#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "adapters/logs/syslog/sockets.h"
#include "support/adapter_harness.h"
#include "support/temporary_directory.h"

using namespace outrigger;
using namespace outrigger::adapters;
using outrigger::test::TemporaryDirectory;

namespace {

void leave_stale_socket(const net::Address& address) {
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  REQUIRE(::bind(fd, address.get(), address.length()) == 0);
  ::close(fd);
}

}  // namespace

TEST_CASE("adapters: a file in the place of a socket stays", "[adapters][logs]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "app.log";
  std::ofstream(path) << "precious\n";
  const auto address = net::Address::parse("unix:" + path).value();
  test::AdapterHarness harness;
  KeyedStore& store = harness.services().store;
  CHECK_FALSE(DatagramSocket::bind("unix:" + path, store));
  CHECK_FALSE(logs::open_syslog(address, true, false));
  CHECK_FALSE(logs::open_syslog(address, false, true));
  CHECK(std::filesystem::file_size(path) == 9);
}

TEST_CASE("adapters: a socket that nobody serves is replaced, one in use stays", "[adapters][logs]") {
  const TemporaryDirectory directory;
  const std::string text = "unix:" + directory / "log.sock";
  const auto address = net::Address::parse(text).value();
  leave_stale_socket(address);
  {
    test::AdapterHarness harness;
    KeyedStore& store = harness.services().store;
    const auto socket = DatagramSocket::bind(text, store);
    REQUIRE(socket);
    CHECK_FALSE(logs::open_syslog(address, true, false));
  }
  leave_stale_socket(address);
  CHECK(logs::open_syslog(address, true, false));
}
