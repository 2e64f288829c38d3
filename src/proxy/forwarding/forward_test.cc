#include "proxy/forwarding/forward.h"

#include <catch2/catch.hpp>
#include <string>

#include "http/h1/request_parser.h"
#include "http/h1/response_parser.h"
#include "proxy/downstream/h1_answer.h"

using namespace outrigger;
using namespace outrigger::proxy;
using namespace std::string_literals;

namespace {

// An exchange without a connection, as it stands when its request was read.
class Harness final : private ActiveExchange::Owner {
 public:
  explicit Harness(std::string text, std::string_view peer = "127.0.0.1") : text_(std::move(text)) {
    config_ = std::make_shared<LiveConfig>();
    LiveListener& listener = config_->listeners["test"];
    listener.limits = effective({}, {});
    listener.trusted = {{base::Cidr::parse("10.0.0.0/8").value(), base::Cidr::parse("fd00::/8").value()}, true};
    exchange_ =
        std::make_unique<ActiveExchange>(loop_, answer_, config_, listener, static_cast<ActiveExchange::Owner&>(*this));
    std::size_t scanned = 0;
    const auto result = http::h1::parse_request_head(text_, scanned, {}, http::h1::PathPolicy::reject, request());
    REQUIRE(result.status == http::h1::HeadResult::Status::complete);
    exchange_->begin(peer, "https", nullptr);
  }
  ~Harness() { exchange_->finish(); }

  ActiveExchange& exchange() { return *exchange_; }
  RequestHead& request() { return exchange_->request(); }
  std::string forwarded() { return std::string(write_request_head(*exchange_)); }

  // The service's response as it goes to the client.
  std::string answered(std::string_view text, Body* body = nullptr, bool may_keep = true) {
    auto* head = exchange_->arena().make<ResponseHead>(exchange_->arena());
    std::size_t scanned = 0;
    const auto result =
        http::h1::parse_response_head(exchange_->arena().copy(text), scanned, {}, request().method, *head);
    REQUIRE(result.status == http::h1::HeadResult::Status::complete);
    wire_ = write_response_head(*exchange_, Response(head, BodyPointer(body)), may_keep);
    return std::string(wire_.head);
  }
  const ResponseWire& wire() const { return wire_; }

 private:
  bool end_slow_upload() override { return false; }
  void on_overdue() override {}

  std::string text_;
  EventLoop loop_;
  net::Socket socket_{loop_, -1};
  H1Answer answer_{socket_};
  std::shared_ptr<LiveConfig> config_;
  std::unique_ptr<ActiveExchange> exchange_;
  ResponseWire wire_;
};

class SomeBody final : public Body {
 public:
  State pull(std::string_view&) override { return State::end; }
  void park(Wakeable*) override {}
};

// The lines that begin with `name`, joined by "|".
std::string lines(const std::string& head, std::string_view name) {
  std::string found;
  for (std::size_t at = head.find("\r\n") + 2; at + 2 < head.size();) {
    const auto end = head.find("\r\n", at);
    const std::string_view line(head.data() + at, end - at);
    if (equals_ignoring_case(line.substr(0, name.size()), name) && line.substr(name.size()).starts_with(':')) {
      found.append(found.empty() ? "" : "|").append(line.substr(name.size() + 2));
    }
    at = end + 2;
  }
  return found;
}

std::string get(std::string_view fields) { return "GET /a?b HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n"; }

}  // namespace

TEST_CASE("forward: a request leaves as it came, with what the service must know behind it", "[proxy]") {
  Harness harness(get("x-B: 1\r\nAccept:  */*\r\nX-b:2\r\n"));
  REQUIRE(harness.forwarded() ==
          "GET /a?b HTTP/1.1\r\nHost: h\r\nx-B: 1\r\nAccept:  */*\r\nX-b:2\r\nVia: 1.1 outrigger\r\n"
          "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: h\r\n\r\n");
}

TEST_CASE("forward: what a filter changed leaves as it stands", "[proxy]") {
  const char* const added =
      "Via: 1.1 outrigger\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: h\r\n\r\n";
  Harness target(get("A: 1\r\n"));
  target.request().target = "/other";
  REQUIRE(target.forwarded() == "GET /other HTTP/1.1\r\nHost: h\r\nA: 1\r\n"s + added);
  Harness method(get("A: 1\r\n"));
  method.request().method_token = "HEAD";
  REQUIRE(method.forwarded() == "HEAD /a?b HTTP/1.1\r\nHost: h\r\nA: 1\r\n"s + added);
  Harness more(get("A: 1\r\n"));
  more.request().headers.add("B", "2");
  REQUIRE(more.forwarded() == "GET /a?b HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2\r\n"s + added);
  Harness changed(get("A:1\r\nB:2\r\nC:3\r\n"));
  changed.request().headers.set("B", "4");
  REQUIRE(changed.forwarded() == "GET /a?b HTTP/1.1\r\nHost: h\r\nA:1\r\nB: 4\r\nC:3\r\n"s + added);
  Harness fewer(get("A:1\r\nConnection: close\r\nB:2\r\n"));
  REQUIRE(fewer.forwarded() == "GET /a?b HTTP/1.1\r\nHost: h\r\nA:1\r\nB:2\r\n"s + added);

  Harness harness(get(""));
  const auto answered = [&](auto change) {
    ResponseHead head(harness.exchange().arena());
    std::size_t scanned = 0;
    http::h1::parse_response_head("HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 0\r\nX:y\r\n\r\n", scanned, {},
                                  Method::get, head);
    change(head);
    return std::string(write_response_head(harness.exchange(), Response(&head, nullptr), true).head);
  };
  const std::string rest = "\r\nDate: d\r\nContent-Length: 0\r\nX:y\r\n\r\n";
  REQUIRE(answered([](ResponseHead&) {}) == "HTTP/1.1 200 OK" + rest);
  REQUIRE(answered([](ResponseHead& head) { head.status = 404; }) == "HTTP/1.1 404 OK" + rest);
  REQUIRE(answered([](ResponseHead& head) { head.reason = "Fine"; }) == "HTTP/1.1 200 Fine" + rest);
  REQUIRE(answered([](ResponseHead& head) { head.headers.set("X", "z"); }) ==
          "HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 0\r\nX: z\r\n\r\n");
}

TEST_CASE("forward: what is about one connection ends here", "[proxy]") {
  struct Row {
    const char* sentence;
    const char* fields;
    const char* name;
    const char* left;
  };
  const Row rows[] = {
      {"Connection", "Connection: close\r\n", "Connection", ""},
      {"Keep-Alive", "Keep-Alive: timeout=5\r\n", "Keep-Alive", ""},
      {"Proxy-Connection", "Proxy-Connection: keep-alive\r\n", "Proxy-Connection", ""},
      {"Upgrade", "Connection: upgrade\r\nUpgrade: websocket\r\n", "Upgrade", "websocket"},
      {"Upgrade that Connection does not name", "Upgrade: websocket\r\n", "Upgrade", ""},
      {"Upgrade to h2c", "Connection: upgrade\r\nUpgrade: websocket, h2c\r\n", "Upgrade", ""},
      {"HTTP2-Settings", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n", "HTTP2-Settings", ""},
      {"what Connection names", "Connection: X-A\r\nX-A: 1\r\n", "X-A", ""},
      {"Proxy-Authorization is for us", "Proxy-Authorization: Basic eA==\r\n", "Proxy-Authorization", ""},
      {"TE for compression", "TE: gzip\r\n", "TE", ""},
      {"TE for trailers is ours to say again", "TE: gzip;q=0.5, Trailers\r\n", "TE", "trailers"},
      {"and then Connection says so", "TE: trailers\r\n", "Connection", "TE"},
      {"Trailer stays", "Trailer: X-Sum\r\n", "Trailer", "X-Sum"},
      {"Via is one list", "Via: 1.0 a\r\nX: y\r\nvia: HTTP/1.1 b\r\n", "Via", "1.0 a, HTTP/1.1 b, 1.1 outrigger"},
      {"an empty Via", "Via:\r\n", "Via", "1.1 outrigger"},
      {"Expect without content", "Expect: 100-continue\r\n", "Expect", ""},
      {"another expectation", "Expect: magic\r\n", "Expect", "magic"},
      {"Expect with content", "Content-Length: 1\r\nExpect: 100-continue\r\n", "Expect", "100-continue"},
      {"Max-Forwards of other methods", "Max-Forwards: 0\r\n", "Max-Forwards", "0"},
  };
  for (const Row& row : rows) {
    INFO(row.sentence);
    REQUIRE(lines(Harness(get(row.fields)).forwarded(), row.name) == row.left);
  }
}

TEST_CASE("forward: a client that was invited to send its content is not announced as waiting again", "[proxy]") {
  Harness harness(get("Content-Length: 1\r\nExpect: 100-continue\r\n"));
  harness.exchange().invite_content();
  REQUIRE(lines(harness.forwarded(), "Expect").empty());
}

TEST_CASE("forward: who the client is", "[proxy]") {
  struct Row {
    const char* sentence;
    const char* peer;
    const char* fields;
    const char* forwarded_for;
    const char* proto;
    const char* host;
    const char* forwarded;
  };
  const Row rows[] = {
      {"a stranger's claims are dropped", "9.9.9.9",
       "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: evil\r\nForwarded: for=6.6.6.6\r\n",
       "9.9.9.9", "https", "h", ""},
      {"a trusted proxy's are appended to", "10.0.0.1",
       "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 7.7.7.7, 8.8.8.8\r\nX-Forwarded-Proto: http\r\n"
       "X-Forwarded-Host: front\r\n",
       "6.6.6.6, 7.7.7.7, 8.8.8.8, 10.0.0.1", "http", "front", ""},
      {"Forwarded too", "10.0.0.1", "Forwarded: for=1.2.3.4;proto=http\r\nForwarded: for=\"[::1]\"\r\n", "10.0.0.1",
       "https", "h", "for=1.2.3.4;proto=http, for=\"[::1]\", for=10.0.0.1;proto=https"},
      {"IPv6", "fd00::1", "Forwarded: for=1.2.3.4\r\n", "fd00::1", "https", "h",
       "for=1.2.3.4, for=\"[fd00::1]\";proto=https"},
      {"a Unix peer has no address", "unix:", "", "", "https", "h", ""},
      {"what it forwards stays", "unix:", "X-Forwarded-For: 7.7.7.7\r\nForwarded: for=7.7.7.7\r\n", "7.7.7.7", "https",
       "h", "for=7.7.7.7, for=_unix;proto=https"},
  };
  for (const Row& row : rows) {
    INFO(row.sentence);
    const std::string head = Harness(get(row.fields), row.peer).forwarded();
    REQUIRE(lines(head, "X-Forwarded-For") == row.forwarded_for);
    REQUIRE(lines(head, "X-Forwarded-Proto") == row.proto);
    REQUIRE(lines(head, "X-Forwarded-Host") == row.host);
    REQUIRE(lines(head, "Forwarded") == row.forwarded);
  }
  const std::string claims = "X-Real-IP: 6.6.6.6\r\nX-Forwarded-Port: 1\r\nX-Forwarded-Client-Cert: x\r\n";
  const std::string strange = Harness(get(claims), "9.9.9.9").forwarded();
  const std::string trusted = Harness(get(claims), "10.1.2.3").forwarded();
  for (const char* name : {"X-Real-IP", "X-Forwarded-Port", "X-Forwarded-Client-Cert"}) {
    REQUIRE(lines(strange, name).empty());
    REQUIRE_FALSE(lines(trusted, name).empty());
  }
}

TEST_CASE("forward: an HTTP/1.0 request becomes 1.1, with a Host", "[proxy]") {
  const auto host_of = [](std::string_view endpoint) {
    Harness harness("GET / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n");
    harness.exchange().set_endpoint_name(endpoint);
    const std::string head = harness.forwarded();
    REQUIRE(head.starts_with("GET / HTTP/1.1\r\n"));
    REQUIRE(lines(head, "Via") == "1.0 outrigger");
    REQUIRE(lines(head, "Expect").empty());
    REQUIRE(lines(head, "X-Forwarded-Host").empty());
    return lines(head, "Host");
  };
  REQUIRE(host_of("127.0.0.1:8080") == "127.0.0.1:8080");
  REQUIRE(host_of("unix:/run/app.sock") == "localhost");
}

TEST_CASE("forward: TRACE and OPTIONS count their forwards down", "[proxy]") {
  for (const char* method : {"TRACE", "OPTIONS"}) {
    INFO(method);
    const auto with = [&](std::string_view value) {
      return std::string(method) + " /a HTTP/1.1\r\nHost: h\r\nmax-forwards: " + std::string(value) +
             "\r\nCookie: secret\r\nX: y\r\n\r\n";
    };
    Harness two(with("2"));
    REQUIRE_FALSE(answer_as_last(two.exchange()).has_value());
    REQUIRE(lines(two.forwarded(), "Max-Forwards") == "1");
    for (const char* bad : {"", "-1", "x", "1, 2", "9999999999999999999"}) {
      INFO(bad);
      Harness harness(with(bad));
      REQUIRE(answer_as_last(harness.exchange())->status() == 400);
    }
    Harness zero(with("0"));
    auto answer = answer_as_last(zero.exchange());
    REQUIRE(answer->status() == 200);
    if (zero.request().method == Method::options) {
      REQUIRE(answer->headers().get("Allow") == kMethodsOffered);
      continue;
    }
    std::string_view body;
    answer->body()->pull(body);
    REQUIRE(answer->headers().get("Content-Type") == "message/http");
    REQUIRE(body == "TRACE /a HTTP/1.1\r\nHost: h\r\nmax-forwards: 0\r\nX: y\r\n\r\n");
  }
  Harness none("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");
  REQUIRE_FALSE(answer_as_last(none.exchange()).has_value());
}

TEST_CASE("forward: a response keeps its fields and gets a Date", "[proxy]") {
  Harness harness(get(""));
  const std::string dated =
      harness.answered("HTTP/1.1 200 Fine By Me\r\nsERVER: x\r\nDate: then\r\nContent-Length: 0\r\n\r\n");
  REQUIRE(dated == "HTTP/1.1 200 Fine By Me\r\nsERVER: x\r\nDate: then\r\nContent-Length: 0\r\n\r\n");
  const std::string undated = harness.answered("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n");
  REQUIRE(lines(undated, "Date").ends_with(" GMT"));
  REQUIRE(undated.starts_with("HTTP/1.1 200 \r\n"));
}

TEST_CASE("forward: the framing of a response", "[proxy]") {
  struct Row {
    const char* sentence;
    const char* request;
    const char* response;
    const char* length;
    const char* coding;
    const char* connection;
  };
  const char* const get11 = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  const char* const get10 = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  const Row rows[] = {
      {"a length", get11, "200 OK\r\nContent-Length: 5\r\n\r\n", "5", "", ""},
      {"chunked", get11, "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "", "chunked", ""},
      {"until close becomes chunked", get11, "200 OK\r\nConnection: close\r\n\r\n", "", "chunked", ""},
      {"close is our own matter", get11, "200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n", "5", "", ""},
      {"HTTP/1.0 with a length is kept", get10, "200 OK\r\nContent-Length: 5\r\n\r\n", "5", "", "keep-alive"},
      {"HTTP/1.0 knows no chunks", get10, "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "", "", "close"},
      {"204 has no length", get11, "204 No Content\r\nContent-Length: 5\r\n\r\n", "", "", ""},
      {"304 keeps the length of the 200", get11, "304 Not Modified\r\nContent-Length: 5\r\n\r\n", "5", "", ""},
      {"HEAD keeps the length", "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", "200 OK\r\nContent-Length: 5\r\n\r\n", "5", "",
       ""},
      {"hop-by-hop fields of the service", get11,
       "200 OK\r\nContent-Length: 5\r\nUpgrade: h2c\r\nKeep-Alive: 5\r\n\r\n", "5", "", ""},
  };
  for (const Row& row : rows) {
    INFO(row.sentence);
    Harness harness(row.request);
    const std::string head = harness.answered("HTTP/1.1 "s + row.response, harness.exchange().arena().make<SomeBody>());
    REQUIRE(lines(head, "Content-Length") == row.length);
    REQUIRE(lines(head, "Transfer-Encoding") == row.coding);
    REQUIRE(lines(head, "Connection") == row.connection);
    REQUIRE(lines(head, "Upgrade").empty());
    REQUIRE(lines(head, "Keep-Alive").empty());
    REQUIRE(harness.wire().keep_alive == (row.connection != "close"s));
    REQUIRE(harness.wire().until_close == (row.connection == "close"s));
  }
}

TEST_CASE("forward: a body of unknown length never leaves beside a length", "[proxy]") {
  Harness harness(get(""));
  Response response = harness.exchange().respond(200, "hello", "text/plain");
  response.head().framing = Framing::chunked;  // as a filter does that changes the content
  const ResponseWire wire = write_response_head(harness.exchange(), response, true);
  REQUIRE(lines(std::string(wire.head), "Content-Length").empty());
  REQUIRE(lines(std::string(wire.head), "Transfer-Encoding") == "chunked");
}

TEST_CASE("forward: Proxy-Status says what is not simply the service's answer", "[proxy]") {
  Harness harness(get(""));
  REQUIRE(lines(harness.answered("HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"), "Proxy-Status").empty());
  const auto status_of = [&](const Response& response) {
    return lines(std::string(write_response_head(harness.exchange(), response, true).head), "Proxy-Status");
  };
  REQUIRE(status_of(harness.exchange().respond(200, "", "")) == "outrigger");
  REQUIRE(status_of(harness.exchange().fail(Failure::upstream_bad_response)) ==
          "outrigger; error=http_protocol_error; details=\"upstream_bad_response\"");
}

TEST_CASE("forward: an interim response has no length and no Date", "[proxy]") {
  Harness harness(get(""));
  ResponseHead head(harness.exchange().arena());
  std::size_t scanned = 0;
  http::h1::parse_response_head(
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 0\r\nConnection: X\r\nX: y\r\n\r\n", scanned, {},
      Method::get, head);
  REQUIRE(write_interim_head(harness.exchange(), head) == "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
}
