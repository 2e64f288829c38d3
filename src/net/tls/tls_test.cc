#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "net/tls/certificate.h"
#include "net/tls/tls_transport.h"
#include "support/temporary_directory.h"

namespace outrigger::net::tls {
namespace {

using State = IoResult::State;
using std::chrono::hours;
using std::chrono::system_clock;

CertifiedKey certified(hours from = hours(-1), hours until = hours(1)) {
  return make_self_signed({"api.test", "10.1.2.3"}, system_clock::now() + from, system_clock::now() + until).value();
}

std::shared_ptr<ServerContext> server_with(const test::TemporaryDirectory& files, const CertifiedKey& made) {
  return ServerContext::load({.certificates = {{files.put("server.pem", to_pem(made.certificate.get())),
                                                files.put("server.key", to_pem(made.key.get()))}}})
      .value();
}

std::pair<int, int> socket_pair() {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
  return {ends[0], ends[1]};
}

// A client and a server on one socket pair; no loop runs, the tests pump.
struct Ends {
  EventLoop loop;
  std::unique_ptr<Transport> client;
  std::unique_ptr<Transport> server;

  Ends(std::shared_ptr<ServerContext> server_context, std::shared_ptr<ClientContext> client_context,
       const std::string& name = "localhost") {
    const auto [left, right] = socket_pair();
    client = connect(loop, left, std::move(client_context), name);
    server = accept(loop, right, std::move(server_context));
  }
  // True when both sides are done.
  bool handshake() {
    for (int turn = 0; turn < 20; ++turn) {
      const State one = client->handshake().state;
      const State other = server->handshake().state;
      if (one == State::ok && other == State::ok) return true;
      if (one == State::error) return false;
    }
    return false;
  }
};

Ends trusting_ends() {
  test::TemporaryDirectory files;
  auto server = ServerContext::self_signed().value();
  auto client = ClientContext::load(files.put("ca.pem", server->certificate_pem()), false).value();
  return Ends(std::move(server), std::move(client));
}

std::size_t write_text(Transport& to, std::vector<std::string_view> parts) {
  std::vector<iovec> pieces;
  for (const auto part : parts) pieces.push_back({const_cast<char*>(part.data()), part.size()});
  const IoResult result = to.write(pieces);
  REQUIRE(result.state == State::ok);
  return result.bytes;
}

std::string read_text(Transport& from) {
  char bytes[20000];
  const IoResult result = from.read(bytes);
  REQUIRE(result.state == State::ok);
  return std::string(bytes, result.bytes);
}

State read_state(Transport& from) {
  char bytes[100];
  return from.read(bytes).state;
}

}  // namespace

TEST_CASE("tls: both sides agree on HTTP/1.1 and talk both ways", "[net][tls]") {
  Ends ends = trusting_ends();
  REQUIRE(ends.handshake());
  REQUIRE(static_cast<TlsTransport&>(*ends.client).protocol() == "http/1.1");
  REQUIRE(static_cast<TlsTransport&>(*ends.server).protocol() == "http/1.1");
  REQUIRE(write_text(*ends.client, {"GET / ", "", "HTTP/1.1\r\n"}) == 16);
  REQUIRE(read_text(*ends.server) == "GET / HTTP/1.1\r\n");
  REQUIRE(write_text(*ends.server, {"answer"}) == 6);
  REQUIRE(read_text(*ends.client) == "answer");
  REQUIRE(read_state(*ends.client) == State::would_block);
  REQUIRE_FALSE(ends.client->has_pending());
}

TEST_CASE("tls: small pieces share a record", "[net][tls]") {
  Ends ends = trusting_ends();
  REQUIRE(ends.handshake());
  const std::string head(300, 'h');
  const std::string body(20000, 'b');
  REQUIRE(write_text(*ends.server, {head, body}) == 20300);
  REQUIRE(read_text(*ends.client) == head + body.substr(0, 16384 - 300));
  REQUIRE(read_text(*ends.client) == body.substr(16384 - 300));
}

TEST_CASE("tls: what a small read leaves of a record is pending", "[net][tls]") {
  Ends ends = trusting_ends();
  REQUIRE(ends.handshake());
  write_text(*ends.client, {"abc"});
  char byte[1];
  REQUIRE(ends.server->read(byte).bytes == 1);
  REQUIRE(ends.server->has_pending());
  REQUIRE(read_text(*ends.server) == "bc");
  REQUIRE_FALSE(ends.server->has_pending());
}

TEST_CASE("tls: a large transfer survives a full socket and moving buffers", "[net][tls]") {
  Ends ends = trusting_ends();
  REQUIRE(ends.handshake());
  std::string content(3'000'000, ' ');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>('a' + i * 7 / 13 % 26);
  std::string received;
  int blocked = 0;
  for (std::size_t sent = 0; received.size() < content.size();) {
    // A fresh copy each time, cut into other pieces: only the bytes are the same.
    std::string rest = content.substr(sent, 100'000);
    const std::size_t cut = rest.size() * (sent % 5) / 7;
    const iovec pieces[] = {{rest.data(), cut}, {rest.data() + cut, rest.size() - cut}};
    const IoResult result = ends.client->write(pieces);
    REQUIRE(result.state != State::error);
    sent += result.bytes;
    if (result.state == State::would_block) {
      ++blocked;
      while (true) {
        char bytes[5000];
        const IoResult got = ends.server->read(bytes);
        if (got.state != State::ok) break;
        received.append(bytes, got.bytes);
      }
    } else if (sent == content.size()) {
      received += read_text(*ends.server);
    }
  }
  REQUIRE(blocked > 0);
  REQUIRE(received == content);
}

TEST_CASE("tls: close_notify is the end, a bare FIN is an error", "[net][tls]") {
  Ends ends = trusting_ends();
  REQUIRE(ends.handshake());
  write_text(*ends.server, {"last words"});
  SECTION("close_notify") {
    ends.server->shutdown_write();
    REQUIRE(read_text(*ends.client) == "last words");
    REQUIRE(read_state(*ends.client) == State::eof);
    REQUIRE(read_state(*ends.client) == State::eof);
    REQUIRE(write_text(*ends.client, {"still open"}) == 10);
    REQUIRE(read_text(*ends.server) == "still open");
  }
  SECTION("FIN") {
    ::shutdown(ends.server->fd(), SHUT_WR);
    REQUIRE(read_text(*ends.client) == "last words");
    char bytes[100];
    for (int again = 0; again < 2; ++again) {
      const IoResult result = ends.client->read(bytes);
      REQUIRE(result.state == State::error);
      REQUIRE(result.error == ECONNABORTED);
    }
  }
  SECTION("nobody there to write to, but an answer to read") {
    ends.server.reset();
    const iovec piece{const_cast<char*>("x"), 1};
    REQUIRE(ends.client->write({&piece, 1}).error == EPIPE);
    REQUIRE(ends.client->write({&piece, 1}).error == EPIPE);
    REQUIRE(read_text(*ends.client) == "last words");
  }
}

TEST_CASE("tls: a certificate that must not be trusted fails the handshake and says why", "[net][tls]") {
  struct Row {
    const char* why;
    hours from, until;
    bool known;
    const char* name;
    const char* text;
  };
  const Row row = GENERATE(values<Row>({
      {"not known", hours(-1), hours(1), false, "api.test", "self-signed certificate"},
      {"over", hours(-2), hours(-1), true, "api.test", "certificate has expired"},
      {"not begun", hours(1), hours(2), true, "api.test", "certificate is not yet valid"},
      {"another host", hours(-1), hours(1), true, "evil.test", "hostname mismatch: it is not for evil.test"},
      {"another address", hours(-1), hours(1), true, "10.9.9.9", "IP address mismatch: it is not for 10.9.9.9"},
  }));
  CAPTURE(row.why);
  test::TemporaryDirectory files;
  const CertifiedKey shown = certified(row.from, row.until);
  const CertifiedKey other = certified();
  const auto ca = files.put("ca.pem", to_pem(row.known ? shown.certificate.get() : other.certificate.get()));
  Ends ends(server_with(files, shown), ClientContext::load(ca, false).value(), row.name);
  REQUIRE_FALSE(ends.handshake());
  REQUIRE(ends.client->error_text() == row.text);
  REQUIRE(ends.client->handshake_failure() == Failure::upstream_certificate);
  REQUIRE(ends.client->handshake().state == State::error);
  REQUIRE(ends.server->handshake().state == State::error);
  REQUIRE_FALSE(ends.server->error_text().empty());
}

TEST_CASE("tls: the certificate's names and addresses are accepted", "[net][tls]") {
  const char* name = GENERATE("api.test", "api.test.", "API.test", "10.1.2.3", "localhost", "127.0.0.1", "[::1]");
  test::TemporaryDirectory files;
  const CertifiedKey shown = certified();
  const auto ca = files.put("ca.pem", to_pem(shown.certificate.get()));
  Ends ends(server_with(files, shown), ClientContext::load(ca, false).value(), name);
  CAPTURE(name, ends.client->error_text());
  REQUIRE(ends.handshake());
}

TEST_CASE("tls: one of the expected names must be in the certificate, whatever the server is called", "[net][tls]") {
  struct Row {
    const char* why;
    std::vector<std::string> expected;
    bool is_accepted;
  };
  const Row row = GENERATE(values<Row>({
      {"a URI", {"spiffe://cluster/api"}, true},
      {"one of several", {"spiffe://cluster/other", "spiffe://cluster/api"}, true},
      {"a host name", {"api.test"}, true},
      {"a host name by the certificate's wildcard", {"a.wild.test"}, true},
      {"an IP address", {"10.1.2.3"}, true},
      {"an IPv6 address in another form", {"2001:DB8:0::1"}, true},
      {"another URI", {"spiffe://cluster/api/x"}, false},
      {"the beginning of the URI", {"spiffe://cluster/ap"}, false},
      {"another case of the URI", {"spiffe://cluster/API"}, false},
      {"two levels below the wildcard", {"b.a.wild.test"}, false},
      {"another host name", {"other.test"}, false},
      {"another IP address", {"10.1.2.4"}, false},
      {"the common name", {"common.test"}, false},
      {"an email address", {"ops@api.test"}, false},
  }));
  CAPTURE(row.why);
  test::TemporaryDirectory files;
  const CertifiedKey shown =
      make_certificate({.common_name = "common.test",
                        .names = {"spiffe://cluster/api", "api.test", "*.wild.test", "10.1.2.3", "2001:db8::1"},
                        .from = system_clock::now() - hours(1),
                        .until = system_clock::now() + hours(1)})
          .value();
  const auto ca = files.put("ca.pem", to_pem(shown.certificate.get()));
  auto client = ClientContext::load(ca, false, {}, Offer::http1, row.expected).value();
  for (const char* const name : {"evil.test", "10.9.9.9", ""}) {
    CAPTURE(name);
    Ends ends(server_with(files, shown), client, name);
    CHECK(ends.handshake() == row.is_accepted);
    if (row.is_accepted) continue;
    CHECK(ends.client->handshake_failure() == Failure::upstream_certificate);
    CHECK(ends.client->error_text() == "hostname mismatch: it is not for " + row.expected.front());
  }
}

TEST_CASE("tls: insecure_skip_verify accepts any certificate", "[net][tls]") {
  Ends ends(ServerContext::self_signed().value(), ClientContext::load("", true).value(), "evil.test");
  REQUIRE(ends.handshake());
}

TEST_CASE("tls: without a name to check, a verifying client refuses to begin", "[net][tls]") {
  Ends ends(ServerContext::self_signed().value(), ClientContext::load("", false).value(), "");
  REQUIRE(ends.client->handshake().state == State::error);
  REQUIRE(ends.client->error_text() == "no server name to check the certificate against");
}

TEST_CASE("tls: a peer that does not speak TLS or leaves is an error with a sentence", "[net][tls]") {
  EventLoop loop;
  const auto [peer, own] = socket_pair();
  auto server = accept(loop, own, ServerContext::self_signed().value());
  SECTION("plain HTTP") {
    REQUIRE(::send(peer, "GET / HTTP/1.1\r\n\r\n", 18, 0) == 18);
    REQUIRE(server->handshake().state == State::error);
    REQUIRE(server->error_text() == "plain HTTP was sent to a TLS port");
  }
  SECTION("gone") {
    REQUIRE(server->handshake().state == State::would_block);
    ::shutdown(peer, SHUT_WR);
    REQUIRE(server->handshake().error == ECONNABORTED);
    REQUIRE(server->error_text() == "the peer closed the connection during the TLS handshake");
  }
  ::close(peer);
}

TEST_CASE("tls: a certificate or key that cannot be used is refused with one line", "[net][tls]") {
  test::TemporaryDirectory files;
  const CertifiedKey one = certified();
  const CertifiedKey two = certified();
  const auto cert = files.put("one.pem", to_pem(one.certificate.get()));
  const auto key = files.put("one.key", to_pem(one.key.get()));
  const auto other = files.put("two.key", to_pem(two.key.get()));
  const auto junk = files.put("junk", "hello");
  const auto none = files / "none";
  const auto error = [](const std::string& a, const std::string& b) {
    return ServerContext::load({.certificates = {{a, b}}}).error();
  };
  REQUIRE(error(none, key) == "cannot read " + none + ": No such file or directory");
  REQUIRE(error(cert, none) == "cannot read " + none + ": No such file or directory");
  REQUIRE(error("/tmp", key) == "cannot read /tmp: Is a directory");
  REQUIRE(error(junk, key) == junk + " holds no certificate in PEM form");
  REQUIRE(error(cert, junk) == junk + " holds no private key in PEM form");
  REQUIRE(error(cert, other) == "the key in " + other + " does not match the certificate in " + cert);
  REQUIRE(ServerContext::load({.certificates = {{cert, key}}}).has_value());
  REQUIRE(ClientContext::load(none, false).error() == "cannot read " + none + ": No such file or directory");
  REQUIRE(ClientContext::load(junk, false).error() == junk + " holds no certificate in PEM form");
}

TEST_CASE("tls: a second connection takes up the session of the first", "[net][tls]") {
  test::TemporaryDirectory files;
  const auto server_context = ServerContext::self_signed().value();
  const auto client_context =
      ClientContext::load(files.put("ca.pem", server_context->certificate_pem()), false).value();
  const auto sessions = std::make_shared<SessionCache>();
  EventLoop loop;
  for (const bool resumed : {false, true, true}) {
    const auto [left, right] = socket_pair();
    Ends ends(server_context, client_context);
    ends.client = connect(loop, left, client_context, "localhost", sessions);
    ends.server = accept(loop, right, server_context);
    REQUIRE(ends.handshake());
    REQUIRE(ends.client->is_resumed() == resumed);
    write_text(*ends.server, {"answer"});
    REQUIRE(read_text(*ends.client) == "answer");  // the tickets come before it
  }
  REQUIRE(sessions->size() > 0);
}

TEST_CASE("tls: contexts with the same certificates have the same digest", "[net][tls]") {
  test::TemporaryDirectory files;
  const auto ca = files.put("ca.pem", ServerContext::self_signed().value()->certificate_pem());
  const auto digest = [&](bool skip) { return ClientContext::load(ca, skip).value()->digest(); };
  const std::string first = digest(false);
  REQUIRE(digest(false) == first);
  REQUIRE(digest(true) != first);
  files.put("ca.pem", ServerContext::self_signed().value()->certificate_pem());
  REQUIRE(digest(false) != first);
}

TEST_CASE("tls: a self-signed certificate lives for 30 days", "[net][tls]") {
  const auto left = ServerContext::self_signed().value()->not_after() - system_clock::now();
  REQUIRE(left > hours(30 * 24 - 1));
  REQUIRE(left <= hours(30 * 24));
  REQUIRE(ServerContext::self_signed({"a b"}).error() == "\"a b\" is no host name for a certificate");
}

}  // namespace outrigger::net::tls
