#include "net/splice.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "outrigger/stats.h"
#include "outrigger/task.h"
#include "upstream/wire_body.h"

namespace outrigger::upstream {
namespace {

using namespace std::chrono_literals;

std::string numbered(std::size_t size) {
  std::string text;
  text.reserve(size + 8);
  for (std::uint32_t i = 0; text.size() < size; ++i) text.append(reinterpret_cast<const char*>(&i), sizeof i);
  return text.substr(0, size);
}

// A transport and, blocking, the other end of its socket.
struct Pair {
  explicit Pair(EventLoop& loop) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    peer = ends[0];
    ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
    transport = std::make_unique<net::Socket>(loop, ends[1]);
  }
  ~Pair() { close_peer(); }
  void close_peer() {
    if (peer >= 0) ::close(std::exchange(peer, -1));
  }
  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto sent = ::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  std::string receive(std::size_t size) const {
    std::string bytes(size, '\0');
    std::size_t got = 0;
    for (ssize_t now = 1; got < size && now > 0; got += static_cast<std::size_t>(now)) {
      now = ::recv(peer, bytes.data() + got, size - got, 0);
      if (now < 0) break;
    }
    return bytes.substr(0, got);
  }
  int peer;
  std::unique_ptr<net::Socket> transport;
};

// Moves one body from `from` to `to` and stops the loop. A machine that is busy may let the other end rest: then it
// goes on, at most `rests` times.
class Relay final : private RootTask::Owner {
 public:
  explicit Relay(Duration stall = 10s, int rests = 100) : stall_(stall), rests_(rests) {}
  Arena& arena() { return arena_; }

  void make_body(Framing framing, std::uint64_t length) {
    body.emplace(
        loop, *from.transport, input_, http::h1::BodyDecoder(framing, length, &arena_), 10s,
        WireBody::Failures{Failure::response_truncated, Failure::response_bad_chunk, Failure::response_body_timeout});
  }
  void run() {
    start();
    loop.run();
    root_.reset();
  }
  void start() {
    root_ = relay(*this);
    root_.start(*this);
  }
  void cancel() { root_.reset(); }

  EventLoop loop;
  Pair from{loop}, to{loop};
  std::optional<WireBody> body;
  net::SpliceBody::Result result{};

 private:
  static RootTask relay(Relay& self) {
    do {
      const auto moved = co_await net::SpliceBody(self.loop, *self.body, *self.to.transport, self.stall_);
      self.result = {moved.end, self.result.moved + moved.moved};
    } while (self.result.end == net::IoEnd::done && self.body->spliceable() > 0 && self.rests_-- > 0);
  }
  void on_root_done(std::exception_ptr) noexcept override { loop.stop(); }

  Arena arena_;
  net::InputBuffer input_;
  Duration stall_;
  int rests_;
  RootTask root_;
};

std::int64_t pipes_in_use() {
  static const auto gauge = stats::gauge("outrigger_splice_pipes", "Pipes in use for content that bypasses memory.");
  return gauge.total();
}

}  // namespace

TEST_CASE("splice: a large body arrives whole, and what follows it stays", "[net][splice]") {
  Relay relay;
  const std::string content = numbered(5'000'000);
  relay.make_body(Framing::length, content.size());
  REQUIRE(relay.body->spliceable() == content.size());
  std::string received;
  std::thread service([&] { relay.from.send(content + "next message"); });
  std::thread client([&] { received = relay.to.receive(content.size()); });
  relay.run();
  service.join();
  client.join();
  REQUIRE(relay.result.end == net::IoEnd::done);
  REQUIRE(relay.result.moved == content.size());
  REQUIRE(received == content);
  REQUIRE(relay.body->is_complete());
  std::array<char, 64> rest;
  const net::IoResult next = relay.from.transport->read(rest);
  REQUIRE(std::string_view(rest.data(), next.bytes) == "next message");
  REQUIRE(pipes_in_use() == 0);
}

TEST_CASE("splice: a body that lasts until close ends with its connection", "[net][splice]") {
  Relay relay;
  const std::string content = numbered(300'000);
  relay.make_body(Framing::until_close, 0);
  std::string received;
  std::thread service([&] {
    relay.from.send(content);
    relay.from.close_peer();
  });
  std::thread client([&] { received = relay.to.receive(content.size()); });
  relay.run();
  service.join();
  client.join();
  REQUIRE(received == content);
  REQUIRE(relay.body->ended_by_close());
}

TEST_CASE("splice: a body that breaks off is told by the body, not taken for complete", "[net][splice]") {
  Relay relay;
  relay.make_body(Framing::length, 1'000'000);
  std::thread service([&] {
    relay.from.send(numbered(200'000));
    relay.from.close_peer();
  });
  std::thread client([&] { relay.to.receive(200'000); });
  relay.run();
  service.join();
  client.join();
  REQUIRE(relay.result.end == net::IoEnd::done);
  REQUIRE(relay.result.moved == 200'000);
  std::string_view bytes;
  REQUIRE(relay.body->pull(bytes) == Body::State::failed);
  REQUIRE(relay.body->failure() == Failure::response_truncated);
}

TEST_CASE("splice: a body above its limit fails, and the pipe that holds its bytes is not used again",
          "[net][splice]") {
  Relay relay;
  relay.make_body(Framing::until_close, 0);
  relay.body->set_limit(100'000);
  std::thread service([&] { relay.from.send(numbered(150'000)); });
  std::thread client([&] { relay.to.receive(100'000); });
  relay.run();
  REQUIRE(relay.body->failure() == Failure::body_too_large);
  relay.from.transport.reset();
  relay.to.transport.reset();
  service.join();
  client.join();
  Relay second;
  second.make_body(Framing::length, 70'000);
  second.from.send(std::string(70'000, 'x'));
  std::string received;
  std::thread second_client([&] { received = second.to.receive(70'000); });
  second.run();
  second_client.join();
  REQUIRE(received == std::string(70'000, 'x'));
}

TEST_CASE("splice: a reader that takes nothing ends it after the stall limit", "[net][splice]") {
  Relay relay(20ms);
  relay.make_body(Framing::length, 50'000'000);
  std::thread service([&] { relay.from.send(numbered(50'000'000)); });
  relay.run();
  REQUIRE(relay.result.end == net::IoEnd::timed_out);
  REQUIRE(relay.result.moved < 2'000'000);  // what the socket took; the rest was left to the service
  relay.from.transport.reset();
  service.join();
}

TEST_CASE("splice: a reader that left is a failure of writing", "[net][splice]") {
  ::signal(SIGPIPE, SIG_IGN);  // as the server does
  Relay relay;
  relay.make_body(Framing::length, 1'000'000);
  relay.to.close_peer();
  relay.from.send(numbered(100'000));
  relay.run();
  REQUIRE(relay.result.end == net::IoEnd::failed);
}

TEST_CASE("splice: a body that rests gives its pipe back, and can be read on", "[net][splice]") {
  Relay relay(10s, 0);
  relay.make_body(Framing::length, 1'000'000);
  relay.from.send(numbered(100'000));
  relay.run();
  REQUIRE(relay.result.end == net::IoEnd::done);
  REQUIRE(relay.result.moved == 100'000);
  REQUIRE(pipes_in_use() == 0);
  REQUIRE(relay.body->spliceable() == 900'000);
  relay.from.send("more");
  std::string_view bytes;
  REQUIRE(relay.body->pull(bytes) == Body::State::data);
  REQUIRE(bytes == "more");
}

TEST_CASE("splice: a tunnel's bytes are spliced once they fill the buffer, and no more when they don't",
          "[net][splice]") {
  Relay relay;
  relay.make_body(Framing::until_close, 0);
  Instant last_byte{};
  relay.body->share_idle(last_byte);
  REQUIRE(relay.body->spliceable() == 0);
  std::string_view bytes;
  for (const std::size_t size : {1000UL, 100'000UL, 10UL}) {
    relay.from.send(std::string(size, 'x'));
    REQUIRE(relay.body->pull(bytes) == Body::State::data);
    const bool is_large = size > 50'000;
    REQUIRE(bytes.size() == std::min(size, Slab::kSize));
    REQUIRE((relay.body->spliceable() > 0) == is_large);
    while (is_large && relay.body->pull(bytes) == Body::State::data) continue;
  }
}

TEST_CASE("splice: being cancelled unlinks the wait and gives the pipe back", "[net][splice]") {
  Relay relay;
  relay.make_body(Framing::length, 1'000'000);
  relay.start();
  REQUIRE(pipes_in_use() == 1);
  relay.cancel();
  REQUIRE(pipes_in_use() == 0);
  relay.from.send("x");
  Timer end(relay.loop, [&] { relay.loop.stop(); });
  end.start(5ms);
  relay.loop.run();  // the event finds nobody
}

TEST_CASE("splice: without a pipe nothing is moved and memory does", "[net][splice]") {
  std::vector<net::Pipe> all;
  for (std::size_t i = 0; i < net::Pipe::kMost; ++i) all.push_back(*net::Pipe::borrow());
  REQUIRE_FALSE(net::Pipe::borrow());
  Relay relay;
  relay.make_body(Framing::length, 1'000'000);
  relay.from.send(numbered(1000));
  relay.run();
  REQUIRE(relay.result.moved == 0);
  std::string_view bytes;
  REQUIRE(relay.body->pull(bytes) == Body::State::data);
}

TEST_CASE("splice: where the kernel does not know how, the content is left to be pulled", "[net][splice]") {
  Relay relay;
  relay.from.transport = std::make_unique<net::Socket>(relay.loop, ::eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC));
  relay.make_body(Framing::length, 100'000);
  REQUIRE(relay.body->spliceable() == 100'000);
  relay.run();
  REQUIRE(relay.result.end == net::IoEnd::done);
  REQUIRE(relay.result.moved == 0);
  REQUIRE(relay.body->spliceable() == 0);
  REQUIRE(relay.body->failure() == Failure::none);
}

TEST_CASE("splice: chunks, and bytes that are in memory already, are pulled", "[net][splice]") {
  Relay relay;
  relay.make_body(Framing::chunked, 0);
  REQUIRE(relay.body->spliceable() == 0);
  relay.make_body(Framing::length, 100'000);
  relay.from.send(numbered(1000));
  std::string_view bytes;
  REQUIRE(relay.body->pull(bytes) == Body::State::data);
  REQUIRE(relay.body->spliceable() == 99'000);
}

}  // namespace outrigger::upstream
