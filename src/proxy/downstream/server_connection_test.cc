#include "proxy/downstream/server_connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <stdexcept>

using namespace outrigger;
using namespace outrigger::proxy;
using namespace std::chrono_literals;

namespace {

// What the one filter of the test does with each request.
class Script final : public Filter {
 public:
  using Step = Task<Response> (Script::*)(Exchange&);
  explicit Script(Step step) : step_(step) {}
  [[clang::coro_wrapper]] Task<Response> handle(Exchange& exchange, Next) override {
    exchange.add_finisher(*exchange.arena().make<Note>(*this));
    return (this->*step_)(exchange);
  }
  void refused(Exchange& exchange) override { exchange.add_finisher(*exchange.arena().make<Note>(*this)); }

  Task<Response> answer_at_once(Exchange& exchange) { co_return exchange.respond(200, "ok", "text/plain"); }
  // Announces 500 bytes and has as many as the path says: two, or none.
  Task<Response> answer_short(Exchange& exchange) {
    if (exchange.request().target == "/fine") co_return exchange.respond(200, "ok", "text/plain");
    Response response = exchange.respond(200, exchange.request().target == "/two" ? "ok" : "", "text/plain");
    response.head().framing = Framing::length;
    response.head().content_length = 500;
    response.headers().set("Content-Length", "500");
    co_return response;
  }
  Task<Response> throw_up(Exchange& exchange) {
    if (exchange.request().target != "/fine") throw std::runtime_error("a bug");
    co_return exchange.respond(200, "ok", "text/plain");
  }
  Task<Response> never_answer(Exchange& exchange) {
    if (exchange.request().target == "/fine") co_return exchange.respond(200, "ok", "text/plain");
    co_await std::suspend_always{};
    co_return exchange.respond(200, "ok", "text/plain");
  }
  Task<Response> sleep(Exchange& exchange) {
    const bool slept = co_await exchange.sleep(1h);
    co_return slept ? exchange.respond(200, "ok", "text/plain") : exchange.fail(Failure::request_timeout);
  }
  Task<Response> read_body(Exchange& exchange) {
    std::size_t size = 0;
    for (;;) {
      const Body::Chunk chunk = co_await exchange.request_body()->read();
      if (chunk.state == Body::State::failed) co_return exchange.fail(exchange.request_body()->failure());
      if (chunk.state == Body::State::end) break;
      size += chunk.bytes.size();
    }
    co_return exchange.respond(200, exchange.arena().copy(std::to_string(size)), "text/plain");
  }

  std::vector<Outcome> outcomes;

 private:
  struct Note final : Finisher {
    explicit Note(Script& owner) : owner(owner) {}
    void finish(Exchange&, const Outcome& outcome) noexcept override { owner.outcomes.push_back(outcome); }
    Script& owner;
  };
  Step step_;
};

// The client's end of a connection.
class Peer {
 public:
  explicit Peer(int fd) : fd_(fd) {}
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() { ::close(fd_); }
  void send(std::string_view text) const {
    REQUIRE(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  }
  void shut() const { ::shutdown(fd_, SHUT_WR); }
  const std::string& received() {
    char bytes[65536];
    for (ssize_t got = 0; (got = ::recv(fd_, bytes, sizeof bytes, MSG_DONTWAIT)) >= 0;) {
      closed_ = got == 0;
      if (closed_) break;
      text_.append(bytes, static_cast<std::size_t>(got));
    }
    return text_;
  }
  std::size_t answers() {
    std::size_t count = 0;
    const std::string& text = received();
    for (std::size_t at = 0; (at = text.find("HTTP/1.1 ", at)) != std::string::npos; ++at) ++count;
    return count;
  }
  bool is_closed() {
    received();
    return closed_;
  }

 private:
  int fd_;
  std::string text_;
  bool closed_ = false;
};

// A worker without threads: a loop that runs while a test waits, and one listener with one filter.
class Server {
 public:
  explicit Server(Script::Step step) : context_(loop_, failures_) {
    LiveListener& live = listener();
    live.settings.name = "test";
    live.limits = effective({}, {});
    auto filter = std::make_unique<Script>(step);
    script_ = filter.get();
    live.chain.add(std::move(filter));
    live.chain.finish(nullptr);
  }
  ~Server() {
    context_.connections.for_each([](ClientConnection& connection) { connection.destroy(); });
    loop_.end_event();
  }

  LiveListener& listener() { return context_.live->listeners["test"]; }
  ConnectionContext& context() { return context_; }
  const std::vector<Outcome>& outcomes() const { return script_->outcomes; }

  std::unique_ptr<Peer> connect(std::string_view text = {}) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    auto peer = std::make_unique<Peer>(ends[1]);
    if (!text.empty()) peer->send(text);
    loop_.begin_event();
    ServerConnection::begin(context_, context_.place("test"), std::make_unique<net::Socket>(loop_, ends[0]),
                            net::Address::parse("127.0.0.1:1").value());
    loop_.end_event();
    return peer;
  }
  void pass(Duration time) {
    Timer timer(loop_, [this] { loop_.stop(); });
    timer.start(time);
    loop_.run();
  }
  template <typename Condition>
  bool until(Condition condition) {
    for (int i = 0; i < 10000; ++i) {
      if (condition()) return true;
      pass(1ms);
    }
    return false;
  }

 private:
  EventLoop loop_;
  FailureStats failures_;
  ConnectionContext context_;
  Script* script_;
};

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kPost = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n";

std::string times(int count, std::string_view text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("connection: an exception in a chain is answered with 500, and the worker goes on", "[proxy]") {
  Server server(&Script::throw_up);
  const auto peer = server.connect(kGet);
  REQUIRE(peer->received().starts_with("HTTP/1.1 500 "));
  REQUIRE(peer->received().contains("details=\"internal\""));
  REQUIRE(server.outcomes().at(0).failure == Failure::internal);
  REQUIRE(server.outcomes().at(0).status == 500);
  REQUIRE(server.connect("GET /fine HTTP/1.1\r\nHost: a\r\n\r\n")->received().starts_with("HTTP/1.1 200 "));
}

TEST_CASE("connection: an answer that is shorter than it says is cut, and no other follows it", "[proxy][security]") {
  constexpr std::string_view kFine = "GET /fine HTTP/1.1\r\nHost: a\r\n\r\n";
  Server server(&Script::answer_short);
  const auto cut = server.connect("GET /two HTTP/1.1\r\nHost: a\r\n\r\n" + std::string(kFine));
  REQUIRE(server.until([&] { return cut->is_closed(); }));
  REQUIRE(cut->answers() == 1);
  REQUIRE(cut->received().ends_with("\r\n\r\nok"));
  REQUIRE(server.outcomes().at(0).failure == Failure::response_truncated);
  REQUIRE(server.outcomes().at(0).cut);
  const auto told = server.connect("GET /none HTTP/1.1\r\nHost: a\r\n\r\n" + std::string(kFine));
  REQUIRE(server.until([&] { return told->answers() == 2; }));
  REQUIRE(told->received().starts_with("HTTP/1.1 502 "));
  const auto head = server.connect("HEAD /none HTTP/1.1\r\nHost: a\r\n\r\n" + std::string(kFine));
  REQUIRE(server.until([&] { return head->answers() == 2; }));
  REQUIRE(head->received().starts_with("HTTP/1.1 200 "));
}

TEST_CASE("connection: a chain that does not answer a second after its deadline is dropped, with 504", "[proxy]") {
  Server server(&Script::never_answer);
  server.listener().limits.request = 5ms;
  const auto peer = server.connect(kGet);
  server.pass(200ms);
  REQUIRE(peer->received().empty());
  REQUIRE(server.until([&] { return !peer->received().empty(); }));
  REQUIRE(peer->received().starts_with("HTTP/1.1 504 "));
  REQUIRE(server.outcomes().at(0).failure == Failure::request_timeout);
}

TEST_CASE("connection: the deadline ends the innermost wait, and the chain answers", "[proxy]") {
  Server server(&Script::sleep);
  server.listener().limits.request = 5ms;
  const auto peer = server.connect(kGet);
  REQUIRE(server.until([&] { return peer->answers() == 1; }));
  REQUIRE(peer->received().starts_with("HTTP/1.1 504 "));
  REQUIRE_FALSE(peer->received().contains("Connection: close"));
}

TEST_CASE("connection: a client that sends requests without end shares the worker", "[proxy]") {
  Server server(&Script::answer_at_once);
  const auto greedy = server.connect(times(500, kGet));
  const auto modest = server.connect(kGet);
  REQUIRE(greedy->answers() < 100);
  REQUIRE(modest->answers() == 1);
  REQUIRE(server.until([&] { return greedy->answers() == 500; }));
}

TEST_CASE("connection: a client that leaves ends its exchange", "[proxy]") {
  for (const bool keeps : {false, true}) {
    INFO((keeps ? "half_close: keep" : "half_close: cancel"));
    Server server(&Script::never_answer);
    server.listener().settings.half_close = keeps ? config::HalfClose::keep : config::HalfClose::cancel;
    SECTION("the FIN comes with the first request") {
      auto peer = server.connect(kGet);
      peer->shut();
      server.pass(20ms);
      REQUIRE(server.outcomes().size() == (keeps ? 0 : 1));
    }
    SECTION("the FIN comes with a later request, in one event") {
      auto peer = server.connect("GET /fine HTTP/1.1\r\nHost: a\r\n\r\n");
      REQUIRE(server.outcomes().size() == 1);
      server.pass(1ms);
      peer->send(kGet);
      peer->shut();
      server.pass(20ms);
      REQUIRE(server.outcomes().size() == (keeps ? 1 : 2));
    }
    SECTION("the FIN comes behind a body that nobody reads") {
      auto peer = server.connect(kPost);
      peer->send("some of it");
      server.pass(1ms);
      peer->shut();
      server.pass(20ms);
      REQUIRE(server.outcomes().size() == (keeps ? 0 : 1));
    }
    SECTION("the connection is gone, behind a body that nobody reads") {
      auto peer = server.connect(kPost);
      peer->send("some of it");
      server.pass(1ms);
      peer.reset();
      REQUIRE(server.until([&] { return server.outcomes().size() == 1; }));
      REQUIRE(server.outcomes().at(0).failure == Failure::client_gone);
    }
    if (!server.outcomes().empty() && server.outcomes().back().failure != Failure::none) {
      REQUIRE(server.outcomes().back().failure == Failure::client_gone);
      REQUIRE(server.outcomes().back().status == 0);
    }
  }
}

TEST_CASE("connection: a body that trickles uses up the request's time, one that moves does not", "[proxy]") {
  Server server(&Script::read_body);
  server.listener().limits.request = 50ms;
  SECTION("trickling") {
    const auto peer = server.connect(kPost);
    REQUIRE(server.until([&] {
      peer->send("x");
      server.pass(2ms);
      return !peer->received().empty();
    }));
    REQUIRE(peer->received().starts_with("HTTP/1.1 408 "));
    REQUIRE(peer->received().contains("Connection: close"));
    REQUIRE(server.outcomes().at(0).failure == Failure::request_body_timeout);
  }
  SECTION("moving") {
    const auto peer = server.connect(kPost);
    for (int i = 0; i < 100; ++i) {
      peer->send(times(1000, "x"));
      server.pass(2ms);
    }
    REQUIRE(server.until([&] { return !peer->received().empty(); }));
    REQUIRE(peer->received().ends_with("\r\n\r\n100000"));
  }
}

TEST_CASE("connection: a body that breaks off is nobody's answer", "[proxy]") {
  Server server(&Script::read_body);
  server.listener().settings.half_close = config::HalfClose::keep;
  const auto peer = server.connect(kPost);
  peer->send("some of it");
  peer->shut();
  REQUIRE(server.until([&] { return peer->is_closed(); }));
  REQUIRE(peer->received().empty());
  REQUIRE(server.outcomes().at(0).failure == Failure::client_gone);
  REQUIRE(server.outcomes().at(0).status == 0);
}

TEST_CASE("connection: a refusal of HEAD has no content, and the chain hears of it", "[proxy]") {
  Server server(&Script::answer_at_once);
  const auto peer = server.connect("HEAD / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n");
  REQUIRE(peer->received().starts_with("HTTP/1.1 400 "));
  REQUIRE(peer->received().ends_with("\r\n\r\n"));
  REQUIRE(server.outcomes().at(0).failure == Failure::bad_header);
}

TEST_CASE("connection: CONNECT is refused with the methods that are offered", "[proxy]") {
  Server server(&Script::answer_at_once);
  const auto peer = server.connect("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n");
  REQUIRE(peer->received().starts_with("HTTP/1.1 405 "));
  REQUIRE(peer->received().contains("\r\nAllow: GET, HEAD, POST"));
}

TEST_CASE("connection: close from the client ends the connection at once", "[proxy]") {
  Server server(&Script::answer_at_once);
  const auto peer = server.connect("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  REQUIRE(peer->is_closed());
  REQUIRE(server.context().open == 0);
}

TEST_CASE("connection: who still sends is read to its end before the connection closes", "[proxy]") {
  Server server(&Script::answer_at_once);
  const auto peer = server.connect(kPost);
  REQUIRE(peer->received().contains("Connection: close"));
  for (int i = 0; i < 100; ++i) {
    peer->send(times(1000, "x"));
    server.pass(100us);
  }
  REQUIRE(server.context().open == 1);
  peer->shut();
  REQUIRE(server.until([&] { return server.context().open == 0; }));
}

TEST_CASE("connection: a drain ends what is idle and keeps what runs", "[proxy]") {
  Server server(&Script::sleep);
  const auto idle = server.connect();
  const auto running = server.connect(kGet);
  server.context().draining = true;
  server.context().connections.for_each([](ClientConnection& connection) { connection.drain(); });
  server.pass(1ms);
  REQUIRE(idle->is_closed());
  REQUIRE_FALSE(running->is_closed());
  REQUIRE(server.context().open == 1);
}
