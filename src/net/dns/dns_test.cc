#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "net/dns/resolver.h"

namespace outrigger::net::dns {
namespace {

using namespace std::chrono_literals;
using Bytes = std::string;

// A DNS server of one thread. By the first label: "api" has the addresses 10.0.0.1 and fd00::1 for 30 s, "short" the
// same for no time, "long" for a day, "silent" gets no answer, "broken" SERVFAIL, everything else does not exist.
class FakeServer {
 public:
  FakeServer() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), length) == 0);
    REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeServer() {
    stop_ = true;
    thread_.join();
    ::close(fd_);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  int questions() const { return questions_; }
  void set_broken(bool broken) { broken_ = broken; }
  // To questions for IPv6 addresses.
  void set_broken_v6(bool broken) { broken_v6_ = broken; }
  void set_silent_v6(bool silent) { silent_v6_ = silent; }
  void set_denying_v6(bool denying) { denying_v6_ = denying; }

 private:
  void serve() {
    while (!stop_) {
      pollfd ready{fd_, POLLIN, 0};
      if (::poll(&ready, 1, 10) <= 0) continue;
      std::array<char, 600> packet;
      sockaddr_in from{};
      socklen_t length = sizeof from;
      const auto got = ::recvfrom(fd_, packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
      if (got < 17) continue;
      ++questions_;
      const Bytes reply = answer(Bytes(packet.data(), static_cast<std::size_t>(got)));
      if (!reply.empty()) ::sendto(fd_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), length);
    }
  }
  // RFC 1035 section 4: header, the question repeated, at most one record.
  Bytes answer(const Bytes& query) const {
    const std::string_view label(query.data() + 13, static_cast<unsigned char>(query[12]));
    const auto end_of_name = query.find('\0', 12);
    const Bytes question = query.substr(12, end_of_name + 5 - 12);
    const bool is_v6 = query[end_of_name + 2] == 28;
    const bool exists = label == "api" || label == "short" || label == "long";
    if (label == "silent" || (is_v6 && silent_v6_)) return {};
    const char code = broken_ || (is_v6 && broken_v6_) || label == "broken" ? 2 : exists ? 0 : 3;
    const char records = code == 0 && !(is_v6 && denying_v6_) ? 1 : 0;
    Bytes reply = query.substr(0, 2) + Bytes{'\x81', static_cast<char>(0x80 | code), 0, 1, 0, records, 0, 0, 0, 0};
    reply += question;
    if (records == 0) return reply;
    const Bytes ttl = label == "api"    ? Bytes{0, 0, 0, 30}
                      : label == "long" ? Bytes{0, 1, '\x51', '\x80'}
                                        : Bytes(4, '\0');
    reply += Bytes{'\xc0', 12, 0, is_v6 ? '\x1c' : '\x01', 0, 1} + ttl + Bytes{0, is_v6 ? '\x10' : '\x04'};
    return reply + (is_v6 ? Bytes{'\xfd', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1} : Bytes{10, 0, 0, 1});
  }

  int fd_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_ = false;
  std::atomic<bool> broken_ = false;
  std::atomic<bool> broken_v6_ = false, silent_v6_ = false, denying_v6_ = false;
  std::atomic<int> questions_ = 0;
  std::thread thread_;
};

struct Bench {
  FakeServer server;
  EventLoop loop;
  Resolver resolver{loop, server.address()};

  Result resolve(const std::string& name, Families known = {}) {
    std::optional<Result> result;
    const auto lookup = resolver.resolve(name, known, [&](Result given) {
      result = std::move(given);
      loop.stop();
    });
    REQUIRE_FALSE(result);  // never inside resolve()
    loop.run();
    REQUIRE(result);
    return *result;
  }
  void pass(Duration time) {
    Timer timer(loop, [this] { loop.stop(); });
    timer.start(time);
    loop.run();
  }
};

std::vector<std::string> texts(const Result& result) {
  std::vector<std::string> all;
  for (const auto& address : result.addresses) all.push_back(address.ip());
  std::ranges::sort(all);
  return all;
}

const std::vector<std::string> kBoth = {"10.0.0.1", "fd00::1"};
const std::vector<std::string> kV4 = {"10.0.0.1"};

Families both() {
  Families families;
  families.add(Family::v4);
  families.add(Family::v6);
  return families;
}

}  // namespace

TEST_CASE("dns: localhost and IP addresses need no server", "[net][dns]") {
  Bench bench;
  const Result local = bench.resolve("localhost");
  REQUIRE(local.error.empty());
  REQUIRE(std::ranges::count(texts(local), "127.0.0.1") == 1);
  REQUIRE(texts(bench.resolve("192.0.2.7")) == std::vector<std::string>{"192.0.2.7"});
  REQUIRE(texts(bench.resolve("2001:db8::7")) == std::vector<std::string>{"2001:db8::7"});
  bench.resolve("gone.test.");
  REQUIRE(bench.server.questions() == 2);  // A and AAAA of the last one
}

TEST_CASE("dns: A and AAAA are asked once and kept for their TTL", "[net][dns]") {
  Bench bench;
  const Result first = bench.resolve("api.test");
  REQUIRE(first.error.empty());
  REQUIRE(texts(first) == kBoth);
  REQUIRE(first.ttl == 30s);
  REQUIRE(first.addresses.front().port() == 0);
  REQUIRE(bench.server.questions() == 2);
  const Result second = bench.resolve("api.test");
  REQUIRE(texts(second) == kBoth);
  REQUIRE(second.ttl <= 30s);
  REQUIRE(bench.server.questions() == 2);
}

TEST_CASE("dns: a TTL is at least a second and at most a minute", "[net][dns]") {
  Bench bench;
  REQUIRE(bench.resolve("long.test").ttl == 60s);
  REQUIRE(bench.resolve("short.test").ttl == 1s);
}

TEST_CASE("dns: those who ask for one name at a time share a query", "[net][dns]") {
  Bench bench;
  int answers = 0;
  std::vector<std::unique_ptr<Lookup>> lookups;
  for (int i = 0; i < 3; ++i) {
    lookups.push_back(bench.resolver.resolve("api.test", {}, [&](Result result) {
      REQUIRE(texts(result) == kBoth);
      if (++answers == 3) bench.loop.stop();
    }));
  }
  bench.loop.run();
  REQUIRE(bench.server.questions() == 2);
}

TEST_CASE("dns: a name that does not resolve fails with its name and the reason", "[net][dns]") {
  Bench bench;
  const Result gone = bench.resolve("gone.test");
  REQUIRE(gone.has_failed());
  REQUIRE(gone.error == "cannot resolve gone.test: no such name");
  REQUIRE(bench.resolve("broken.test").error ==
          "cannot resolve broken.test: the DNS server failed or cannot be reached");
}

TEST_CASE("dns: a silent server fails the look-up within its deadline", "[net][dns]") {
  Bench bench;
  const auto begin = std::chrono::steady_clock::now();
  const Result result = bench.resolve("silent.test");
  REQUIRE(result.error == "cannot resolve silent.test: the DNS server did not answer in time");
  REQUIRE(std::chrono::steady_clock::now() - begin < Resolver::kDeadline + 1s);
  REQUIRE(bench.server.questions() >= 3);  // tried again
}

TEST_CASE("dns: that a family which was known is gone is believed only when the server says so", "[net][dns]") {
  Bench bench;
  SECTION("it fails") {
    bench.server.set_broken_v6(true);
    const Result result = bench.resolve("api.test", both());
    REQUIRE(texts(result) == kV4);
    REQUIRE(result.missing == Family::v6);
    REQUIRE(result.error == "cannot resolve IPv6 of api.test: the DNS server failed or cannot be reached");
    REQUIRE(result.ttl == Resolver::kShortestTtl);
    bench.server.set_broken_v6(false);
    REQUIRE(texts(bench.resolve("api.test", both())) == kBoth);  // the half was not kept
  }
  SECTION("it is silent") {
    bench.server.set_silent_v6(true);
    const auto begin = std::chrono::steady_clock::now();
    const Result result = bench.resolve("api.test", both());
    REQUIRE(texts(result) == kV4);
    REQUIRE(result.missing == Family::v6);
    REQUIRE(std::chrono::steady_clock::now() - begin < Resolver::kDeadline + 1s);
  }
  SECTION("it denies") {
    bench.server.set_denying_v6(true);
    const Result result = bench.resolve("api.test", both());
    REQUIRE(texts(result) == kV4);
    REQUIRE_FALSE(result.missing);
    REQUIRE(result.error.empty());
    REQUIRE(bench.server.questions() == 3);
    REQUIRE(texts(bench.resolve("api.test", both())) == kV4);  // kept for its TTL
    REQUIRE(bench.server.questions() == 3);
  }
  SECTION("nobody knew of it") {
    bench.server.set_broken_v6(true);
    REQUIRE(bench.resolve("api.test").error.empty());
    bench.server.set_broken_v6(false);
    REQUIRE(texts(bench.resolve("api.test", both())) == kBoth);  // what is kept does not answer this
  }
}

TEST_CASE("dns: destroying a look-up cancels it", "[net][dns]") {
  Bench bench;
  bool called = false;
  SECTION("before the answer") {
    auto cancelled = bench.resolver.resolve("api.test", {}, [&](Result) { called = true; });
    auto second = bench.resolver.resolve("silent.test", {}, [&](Result) { called = true; });
    cancelled.reset();
    REQUIRE(texts(bench.resolve("api.test")) == kBoth);
    second.reset();
  }
  SECTION("between the answer and its delivery") {
    auto cancelled = bench.resolver.resolve("127.0.0.1", {}, [&](Result) { called = true; });
    cancelled.reset();
    bench.resolve("127.0.0.1");
  }
  REQUIRE_FALSE(called);
}

TEST_CASE("dns: a callback may destroy its own look-up and others", "[net][dns]") {
  Bench bench;
  std::unique_ptr<Lookup> one;
  std::unique_ptr<Lookup> other;
  int calls = 0;
  const auto finish = [&](Result) {
    ++calls;
    one.reset();
    other.reset();
    bench.loop.stop();
  };
  one = bench.resolver.resolve("api.test", {}, finish);
  other = bench.resolver.resolve("api.test", {}, finish);
  bench.loop.run();
  bench.pass(1ms);
  REQUIRE(calls == 1);
}

TEST_CASE("dns: a look-up may outlive its resolver and is then never answered", "[net][dns]") {
  FakeServer server;
  EventLoop loop;
  std::optional<Resolver> resolver(std::in_place, loop, server.address());
  const auto lookup = resolver->resolve("silent.test", {}, [](Result) { FAIL("answered"); });
  resolver.reset();
}

TEST_CASE("dns: servers that cannot be read are told by every look-up", "[net][dns]") {
  EventLoop loop;
  Resolver resolver(loop, "not-an-address");
  std::string error;
  const auto lookup = resolver.resolve("api.test", {}, [&](Result result) {
    error = result.error;
    loop.stop();
  });
  loop.run();
  REQUIRE(error == "cannot resolve api.test: \"not-an-address\" is no list of DNS servers");
}

}  // namespace outrigger::net::dns
