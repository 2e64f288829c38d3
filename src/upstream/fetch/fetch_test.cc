#include "upstream/fetch/fetch.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <thread>

#include "net/tls/tls_transport.h"

namespace outrigger::upstream {
namespace {

using namespace std::chrono_literals;
using net::IoResult;

constexpr int kPatience = 60'000;  // ms; only a broken test waits that long

// Takes one connection, reads a head (and `content_size` bytes behind it), answers with `answer`, and closes. Without
// an answer it waits for the client to go.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer, std::size_t content_size = 0,
                     std::shared_ptr<net::tls::ServerContext> tls = nullptr)
      : answer_(std::move(answer)),
        content_size_(content_size),
        tls_(std::move(tls)),
        fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), length) == 0);
    REQUIRE(::listen(fd_, 1) == 0);
    REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~OneAnswer() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  std::string url(const std::string& host = "127.0.0.1") const {
    return (tls_ ? "https://" : "http://") + host + ':' + std::to_string(port_);
  }
  // What the client sent. Waits for it.
  std::string received() { return received_.get_future().get(); }

 private:
  void serve() {
    pollfd ready{fd_, POLLIN, 0};
    ::poll(&ready, 1, kPatience);
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return received_.set_value({});
    EventLoop loop;  // never runs
    const auto peer = tls_ ? net::tls::accept(loop, fd, tls_) : std::make_unique<net::Socket>(loop, fd);
    received_.set_value(shake_hands(*peer) ? talk(*peer) : std::string());
  }
  static bool wait(net::Transport& peer, short what) {
    pollfd ready{peer.fd(), what, 0};
    return ::poll(&ready, 1, kPatience) == 1;
  }
  static bool shake_hands(net::Transport& peer) {
    for (;;) {
      const IoResult result = peer.handshake();
      if (result.state != IoResult::State::would_block) return result.state == IoResult::State::ok;
      if (!wait(peer, POLLIN)) return false;
    }
  }
  std::string talk(net::Transport& peer) {
    std::string got;
    char bytes[4096];
    while (!is_whole(got)) {
      const IoResult result = peer.read(bytes);
      if (result.state == IoResult::State::ok) {
        got.append(bytes, result.bytes);
      } else if (result.state != IoResult::State::would_block || !wait(peer, POLLIN)) {
        return got;
      }
    }
    write(peer);
    return got;
  }
  bool is_whole(const std::string& got) const {
    const auto end = got.find("\r\n\r\n");
    return !answer_.empty() && end != std::string::npos && got.size() >= end + 4 + content_size_;
  }
  void write(net::Transport& peer) {
    std::string_view left = answer_;
    while (!left.empty()) {
      const iovec piece = net::piece(left);
      const IoResult result = peer.write({&piece, 1});
      if (result.state == IoResult::State::ok) {
        left.remove_prefix(result.bytes);
        continue;
      }
      if (result.state != IoResult::State::would_block || !wait(peer, POLLOUT)) return;
    }
    peer.shutdown_write();
  }

  std::string answer_;
  std::size_t content_size_;
  std::shared_ptr<net::tls::ServerContext> tls_;
  int fd_;
  std::uint16_t port_ = 0;
  std::promise<std::string> received_;
  std::thread thread_;
};

Fetch::Result fetch(FetchRequest request) {
  EventLoop loop;
  net::dns::Resolver resolver(loop);
  std::optional<Fetch::Result> result;
  Fetch running(loop, resolver, std::move(request), [&](Fetch::Result given) {
    result = std::move(given);
    loop.stop();
  });
  REQUIRE_FALSE(result);
  loop.run();
  REQUIRE(result);
  return *result;
}

std::string error_of(const FetchRequest& request) {
  const auto result = fetch(request);
  return result ? "no error" : result.error();
}

}  // namespace

TEST_CASE("fetch: a GET and its answer", "[upstream][fetch]") {
  OneAnswer server("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
  const auto answer = fetch({.url = server.url() + "/keys?x=1", .timeout = 30s});
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->content == "{}");
  REQUIRE(answer->find("content-type") != nullptr);
  CHECK(*answer->find("content-type") == "application/json");
  CHECK(answer->find("etag") == nullptr);
  const std::string request = server.received();
  CHECK_THAT(request, Catch::StartsWith("GET /keys?x=1 HTTP/1.1\r\nHost: 127.0.0.1:"));
  CHECK_THAT(request, Catch::Contains("\r\nUser-Agent: outrigger/"));
  CHECK_THAT(request, Catch::Contains("\r\nAccept: */*\r\n"));
  CHECK_THAT(request, Catch::EndsWith("\r\nConnection: close\r\n\r\n"));
  CHECK_THAT(request, !Catch::Contains("Content-Length"));
}

TEST_CASE("fetch: a POST with content and fields of its own", "[upstream][fetch]") {
  OneAnswer server("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", 5);
  const auto answer = fetch({.method = "POST",
                             .url = server.url(),
                             .fields = {{"content-type", "text/plain"}, {"accept", "text/plain"}},
                             .content = "12345",
                             .timeout = 30s});
  REQUIRE(answer);
  CHECK(answer->status == 204);
  const std::string request = server.received();
  CHECK_THAT(request, Catch::Contains("\r\ncontent-type: text/plain\r\n"));
  CHECK_THAT(request, Catch::Contains("\r\nContent-Length: 5\r\n"));
  CHECK_THAT(request, !Catch::Contains("Accept: */*"));
  CHECK_THAT(request, Catch::EndsWith("\r\n\r\n12345"));
}

TEST_CASE("fetch: chunked content, content up to the close, and large content", "[upstream][fetch]") {
  const std::string large(300'000, 'x');
  const std::pair<std::string, std::string> rows[] = {
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde"},
      {"HTTP/1.0 200 OK\r\n\r\nto the end", "to the end"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + large, large},
      {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", ""},
  };
  for (const auto& [wire, content] : rows) {
    CAPTURE(wire.substr(0, 60));
    const OneAnswer server(wire);
    const auto answer = fetch({.url = server.url(), .timeout = 30s});
    REQUIRE(answer);
    CHECK(answer->content == content);
  }
}

TEST_CASE("fetch: an answer that is broken, cut or too large is an error", "[upstream][fetch]") {
  const std::pair<std::string, std::string> rows[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "ended before it was complete"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "chunked response is malformed"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", "the answer is larger than 100 bytes"},
      {"HTTP/1.0 200 OK\r\n\r\n" + std::string(101, 'x'), "the answer is larger than 100 bytes"},
      {"HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n", "head is too lar"},
      {"+OK not HTTP\r\n", "malformed"},
      {"HTTP/1.1 200 OK\r\nX", "closed the connection before a complete"},
  };
  for (const auto& [wire, problem] : rows) {
    CAPTURE(wire.substr(0, 60));
    const OneAnswer server(wire);
    CHECK_THAT(error_of({.url = server.url(), .timeout = 30s, .max_content = 100}), Catch::Contains(problem));
  }
}

TEST_CASE("fetch: what can't be asked is an error that says why", "[upstream][fetch]") {
  const std::pair<FetchRequest, std::string> rows[] = {
      {{.url = "ftp://127.0.0.1/"}, "begins with http:// or https://"},
      {{.url = "http://nobody.invalid./", .timeout = 30s}, "cannot resolve nobody.invalid."},
      {{.method = "G T", .url = "http://127.0.0.1:1/"}, "the method is no token"},
      {{.url = "http://127.0.0.1:1/", .fields = {{"X", "a\r\nY: b"}}}, "the field \"X\" can't be sent"},
      {{.url = "http://127.0.0.1:1/", .timeout = 30s}, "127.0.0.1:1: Connection refused"},
  };
  for (const auto& [request, problem] : rows) CHECK_THAT(error_of(request), Catch::Contains(problem));
}

TEST_CASE("fetch: an answer says when to come again, in seconds", "[upstream][fetch]") {
  const auto after = [](const char* value) { return FetchAnswer{503, {{"retry-after", value}}}.retry_after(); };
  CHECK(after("0") == Duration::zero());
  CHECK(after("4294967295") == std::chrono::seconds(4294967295));
  for (const char* value : {"", "-1", "1.5", "4294967296", "Wed, 21 Oct 2026 07:28:00 GMT"}) CHECK_FALSE(after(value));
  CHECK_FALSE(FetchAnswer{}.retry_after());
}

TEST_CASE("fetch: one deadline holds for everything together", "[upstream][fetch]") {
  OneAnswer server("");
  CHECK(error_of({.url = server.url(), .timeout = 50ms}) == "no answer in 50 ms");
  CHECK_THAT(server.received(), Catch::StartsWith("GET / "));
}

TEST_CASE("fetch: destroying it cancels", "[upstream][fetch]") {
  OneAnswer server("");
  EventLoop loop;
  net::dns::Resolver resolver(loop);
  bool is_answered = false;
  auto running = std::make_unique<Fetch>(loop, resolver, FetchRequest{.url = server.url()},
                                         [&](const Fetch::Result&) { is_answered = true; });
  Timer timer(loop, [&] {
    running.reset();
    loop.stop();
  });
  timer.start(20ms);
  loop.run();
  CHECK_FALSE(is_answered);
}

TEST_CASE("fetch: https checks the server by name and authority, /etc/hosts included", "[upstream][fetch][tls]") {
  const auto tls = net::tls::ServerContext::self_signed().value();
  const std::string file =
      (std::filesystem::temp_directory_path() / ("outrigger-fetch-" + std::to_string(::getpid()) + ".pem")).string();
  std::ofstream(file) << tls->certificate_pem();
  const auto trust = net::tls::ClientContext::load(file, false).value();
  std::filesystem::remove(file);
  const std::string wire = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  {
    OneAnswer server(wire, 0, tls);
    const auto answer = fetch({.url = server.url("localhost"), .timeout = 30s, .trust = trust});
    REQUIRE((answer ? answer->content : answer.error()) == "ok");
    CHECK_THAT(server.received(), Catch::Contains("Host: localhost:"));
  }
  {
    const OneAnswer server(wire, 0, tls);
    CHECK_THAT(error_of({.url = server.url("localhost"), .timeout = 30s}), Catch::Contains("self-signed certificate"));
  }
  {
    const auto other = net::tls::ServerContext::self_signed().value();
    const OneAnswer server(wire, 0, other);
    CHECK_THAT(error_of({.url = server.url(), .timeout = 30s, .trust = trust}), Catch::Contains("certificate"));
  }
}

}  // namespace outrigger::upstream
