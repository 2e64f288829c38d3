#include "adapters/datagram_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "adapters/logs/stats.h"
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

// A port that neither UDP nor TCP has in use.
std::string free_address() {
  for (;;) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    const int udp = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int tcp = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::bind(udp, generic, length) == 0);
    REQUIRE(::getsockname(udp, generic, &length) == 0);
    const bool is_free = ::bind(tcp, generic, length) == 0;
    ::close(udp);
    ::close(tcp);
    if (is_free) return net::Address(generic, length).text();
  }
}

}  // namespace

TEST_CASE("adapters: a file in the place of a socket stays", "[adapters][logs]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "app.log";
  std::ofstream(path) << "precious\n";
  test::AdapterHarness harness;
  KeyedStore& store = harness.services().store;
  CHECK_FALSE(DatagramSocket::bind("unix:" + path, store));
  CHECK_FALSE(logs::StreamSocket::listen("unix:" + path, store));
  CHECK(std::filesystem::file_size(path) == 9);
}

TEST_CASE("adapters: a socket that nobody serves is replaced, one in use stays", "[adapters][logs]") {
  const TemporaryDirectory directory;
  const std::string text = "unix:" + directory / "log.sock";
  const auto address = net::Address::parse(text).value();
  leave_stale_socket(address);
  test::AdapterHarness harness, other;
  {
    const auto socket = DatagramSocket::bind(text, harness.services().store);
    REQUIRE(socket);
    CHECK(DatagramSocket::bind(text, harness.services().store) == socket);
    CHECK_FALSE(DatagramSocket::bind(text, other.services().store));
  }
  leave_stale_socket(address);
  CHECK(DatagramSocket::bind(text, other.services().store));
}

TEST_CASE("adapters: what the kernel drops is counted once over reloads", "[adapters][logs]") {
  const TemporaryDirectory directory;
  test::AdapterHarness harness;
  const std::string address = free_address();
  const auto socket = DatagramSocket::bind(address, harness.services().store);
  REQUIRE(socket);
  const auto parsed = net::Address::parse(address).value();
  const int client = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  REQUIRE(::connect(client, parsed.get(), parsed.length()) == 0);
  const auto send = [&](int count) {
    const std::string text(1000, 'x');
    for (int i = 0; i < count; ++i) REQUIRE(::send(client, text.data(), text.size(), 0) == 1000);
  };
  const logs::LogStats stats("dropping");
  const auto taken = [&] { return stats.lines.total() + stats.lost("socket_buffer").total(); };
  const std::string entry =
      "{name: dropping, syslog: '" + address + "', transport: datagram, output: {file: /dev/null}}";

  REQUIRE(harness.add("logs", entry));
  send(10'000);  // more than the largest buffer has room for
  int sent = 10'000;
  CHECK(harness.run_until([&] {
    if (taken() == sent) return true;
    send(1);  // says what was dropped in front of it
    ++sent;
    return false;
  }));
  const auto dropped = stats.lost("socket_buffer").total();
  CHECK(dropped > 0);
  harness.clear();
  REQUIRE(harness.add("logs", entry));
  send(1);
  CHECK(harness.run_until([&] { return taken() > sent; }));
  CHECK(stats.lost("socket_buffer").total() == dropped);
  ::close(client);
}

TEST_CASE("adapters: two entries do not read one socket, one may read more of its address", "[adapters][logs]") {
  test::AdapterHarness harness;
  const std::string address = free_address();
  const auto entry = [&](const std::string& name, const std::string& transport) {
    return "{name: " + name + ", syslog: '" + address + "', transport: " + transport + ", output: {file: /dev/null}}";
  };
  CHECK(harness.add("logs", entry("a", "datagram") + "\n    - " + entry("b", "both")) == nullptr);
  CHECK(harness.errors().contains("is already taken by adapters.logs[0].syslog"));
  CHECK(harness.add("logs", entry("a", "datagram")));
  CHECK(harness.add("logs", entry("a", "both")));
}
