#include "proxy/downstream/h2_connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "http/h2/test_peer.h"
#include "proxy/downstream/server_connection.h"

using namespace outrigger;
using namespace outrigger::proxy;
using namespace outrigger::http::h2::test;
using namespace std::chrono_literals;

namespace {

class Answer final : public Filter {
 public:
  Task<Response> handle(Exchange& exchange, Next) override { co_return exchange.respond(200, "ok", "text/plain"); }
};

// A worker without threads and one connection of packets: each write of the server is a packet of its own.
class Packets {
 public:
  Packets() : context_(loop_, failures_) {
    LiveListener& live = context_.live->listeners["test"];
    live.limits = effective({}, {});
    live.chain.add(std::make_unique<Answer>());
    live.chain.finish(nullptr);
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    client_ = ends[1];
    loop_.begin_event();
    ServerConnection::begin(context_, context_.place("test"), std::make_unique<net::Socket>(loop_, ends[0]),
                            net::Address::parse("127.0.0.1:1").value());
    loop_.end_event();
  }
  Packets(const Packets&) = delete;
  Packets& operator=(const Packets&) = delete;
  ~Packets() {
    ::close(client_);
    context_.connections.for_each([](ClientConnection& connection) { connection.destroy(); });
    loop_.end_event();
  }

  void send(const std::string& bytes) const {
    REQUIRE(::send(client_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
  }
  // What the server wrote until it had nothing to do for a while, write by write.
  std::vector<std::string> received() {
    Timer timer(loop_, [this] { loop_.stop(); });
    timer.start(20ms);
    loop_.run();
    std::vector<std::string> all;
    char bytes[65536];
    for (ssize_t got = 0; (got = ::recv(client_, bytes, sizeof bytes, MSG_DONTWAIT)) > 0;) {
      all.emplace_back(bytes, static_cast<std::size_t>(got));
    }
    return all;
  }

 private:
  EventLoop loop_;
  FailureStats failures_;
  ConnectionContext context_;
  int client_ = -1;
};

std::string requests(std::uint32_t first, std::uint32_t count) {
  std::string all;
  for (std::uint32_t id = first; id < first + 2 * count; id += 2) all += headers(id, get());
  return all;
}

// Whole frames of a type.
int count(const std::string& bytes, FrameType type) {
  int found = 0;
  for (std::size_t at = 0; at + 9 <= bytes.size();) {
    const auto byte = [&](std::size_t i) {
      return static_cast<std::size_t>(static_cast<unsigned char>(bytes[at + i]));
    };
    found += byte(3) == type ? 1 : 0;
    at += 9 + (byte(0) << 16 | byte(1) << 8 | byte(2));
  }
  return found;
}

}  // namespace

TEST_CASE("h2 connection: all that a turn of the loop makes leaves in one write", "[proxy][h2]") {
  Packets packets;
  packets.send(std::string(http::h2::kPreface) + frame(kSettings, 0, 0, "") + requests(1, 20));
  const auto first = packets.received();
  REQUIRE(first.size() == 1);
  REQUIRE(count(first[0], kSettings) == 2);
  REQUIRE(count(first[0], kHeaders) == 20);
  REQUIRE(count(first[0], kData) == 20);
  packets.send(frame(kSettings, kAck, 0, "") + requests(41, 20));
  const auto second = packets.received();
  REQUIRE(second.size() == 1);
  REQUIRE(count(second[0], kHeaders) == 20);
  REQUIRE(count(second[0], kData) == 20);
}
