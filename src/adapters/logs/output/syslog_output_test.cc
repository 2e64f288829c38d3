#include "adapters/logs/output/syslog_output.h"

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <optional>
#include <string>

#include "support/temporary_directory.h"

using namespace outrigger;
using namespace outrigger::adapters::logs;
using outrigger::test::TemporaryDirectory;

namespace {

std::atomic<int> full = 0;  // times that the kernel has no buffer

}  // namespace

// In place of the C library's, so that the kernel can be out of buffers.
extern "C" ssize_t send(int fd, const void* bytes, size_t size, int flags) {
  if (full > 0) {
    --full;
    errno = ENOBUFS;
    return -1;
  }
  return ::sendto(fd, bytes, size, flags, nullptr, 0);
}

TEST_CASE("logs: a datagram for which the kernel has no buffer is sent soon after", "[adapters][logs]") {
  const TemporaryDirectory directory;
  SyslogTarget target;
  target.address = net::Address::parse("unix:" + directory / "log").value();
  const int daemon = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  REQUIRE(::bind(daemon, target.address.get(), target.address.length()) == 0);
  EventLoop loop;
  SyslogOutput output(loop, target);
  const std::string batch = "<13>hello\n";
  std::optional<Delivery> outcome;
  full = 3;  // the first two edges come without any room being made
  output.deliver(batch, [&](Delivery delivery) {
    outcome = std::move(delivery);
    loop.stop();
  });
  if (!outcome) loop.run();
  CHECK(outcome->problem.empty());
  char got[100];
  REQUIRE(::recv(daemon, got, sizeof got, MSG_DONTWAIT) == 9);
  CHECK(std::string(got, 9) == "<13>hello");
  CHECK(full == 0);
  full = 0;
  ::close(daemon);
}
