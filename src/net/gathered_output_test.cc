#include "net/gathered_output.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <string>

namespace outrigger::net {
namespace {

using namespace std::chrono_literals;

// A plain socket that counts its writes, and the other end of it.
class Counting final : public Transport {
 public:
  explicit Counting(EventLoop& loop) : Transport(loop, -1) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
    watch_.set_fd(ends[0]);
    peer = ends[1];
  }
  ~Counting() override { close_peer(); }
  IoResult read(std::span<char>) override { return {IoResult::State::would_block}; }
  IoResult write(std::span<const iovec> pieces) override {
    ++writes;
    const auto sent = ::send(fd(), pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL);
    if (sent >= 0) return {IoResult::State::ok, static_cast<std::size_t>(sent)};
    return {errno == EAGAIN ? IoResult::State::would_block : IoResult::State::error, 0, errno};
  }
  void shutdown_write() override {}
  std::size_t receive() {
    std::array<char, 256 * 1024> bytes;
    const auto got = ::recv(peer, bytes.data(), bytes.size(), 0);
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  void close_peer() {
    if (peer >= 0) ::close(std::exchange(peer, -1));
  }
  int peer;
  int writes = 0;
};

struct Talker final : GatheredOutput::Owner {
  explicit Talker(Duration stall = 10s) : output(loop, transport, stall, *this) {}
  std::size_t gather(std::span<char> room) override {
    if (stops_in_gather) output.stop();
    const std::size_t size = std::min(room.size(), left);
    std::memset(room.data(), 'x', size);
    left -= size;
    return size;
  }
  void on_written() override {
    ++written;
    loop.stop();
  }
  void on_write_failed(IoEnd why) override {
    failed = why;
    output.stop();
    loop.stop();
  }
  // Runs the loop until it is stopped, or for a while.
  void run(Duration most = 10s) {
    Timer end(loop, [this] { loop.stop(); });
    end.start(most);
    loop.run();
  }

  EventLoop loop;
  Counting transport{loop};
  GatheredOutput output;
  std::size_t left = 0;
  int written = 0;
  IoEnd failed = IoEnd::done;
  bool stops_in_gather = false;
};

}  // namespace

TEST_CASE("gathered output: all that a turn noted leaves in one write", "[net][output]") {
  Talker talker;
  talker.loop.post([&] {
    for (int i = 0; i < 10; ++i) {
      talker.left += 100;
      talker.output.note();
    }
    REQUIRE(talker.transport.writes == 0);
  });
  talker.run();
  REQUIRE(talker.transport.writes == 1);
  REQUIRE(talker.written == 1);
  REQUIRE(talker.transport.receive() == 1000);
}

TEST_CASE("gathered output: flush writes at once", "[net][output]") {
  Talker talker;
  talker.left = 100'000;
  talker.output.flush();
  REQUIRE(talker.written == 1);
  REQUIRE(talker.transport.writes == 4);  // of a slab each
  REQUIRE(talker.transport.receive() == 100'000);
}

TEST_CASE("gathered output: what the peer does not take waits, and asks nobody again", "[net][output]") {
  Talker talker;
  talker.left = 4'000'000;
  talker.output.flush();
  const int writes = talker.transport.writes;
  REQUIRE(talker.left > 0);
  talker.output.note();
  talker.run(5ms);
  REQUIRE(talker.transport.writes == writes);
  std::size_t received = 0;
  while (received < 4'000'000) {
    received += talker.transport.receive();
    talker.run(1ms);
  }
  REQUIRE(received == 4'000'000);
  REQUIRE(talker.written == 1);
}

TEST_CASE("gathered output: a peer that takes nothing for too long is told of", "[net][output]") {
  Talker talker(20ms);
  talker.left = 4'000'000;
  talker.output.flush();
  talker.run();
  REQUIRE(talker.failed == IoEnd::timed_out);
  REQUIRE(talker.written == 0);
}

TEST_CASE("gathered output: a peer that left is told of", "[net][output]") {
  Talker talker;
  talker.transport.close_peer();
  talker.left = 10;
  talker.output.flush();
  REQUIRE(talker.failed == IoEnd::failed);
  REQUIRE(talker.written == 0);
}

TEST_CASE("gathered output: what was stopped says nothing, also when that happens while it gathers", "[net][output]") {
  Talker talker;
  talker.stops_in_gather = true;
  talker.left = 10;
  talker.output.flush();
  talker.output.note();
  talker.output.flush();
  talker.run(5ms);
  REQUIRE(talker.transport.writes == 0);
  REQUIRE(talker.written == 0);
}

}  // namespace outrigger::net
