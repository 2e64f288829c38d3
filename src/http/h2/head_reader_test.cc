// What a head may be: RFC 9113 section 8.
#include "http/h2/head_reader.h"

#include <catch2/catch.hpp>
#include <string>

#include "http/h2/test_peer.h"

using namespace outrigger;
using namespace outrigger::http::h2;
using test::Pairs;
using test::operator+;

namespace {

struct Read {
  Arena arena;
  RequestHead request{arena};
  ResponseHead response{arena};
  HeadReader reader;

  HeadCheck as_request(const Pairs& fields, bool ends = true, http::PathPolicy policy = http::PathPolicy::reject,
                       HeadLimits limits = {}) {
    reader.begin_request(request, limits);
    for (const auto& [name, value] : fields) reader.add(name, value);
    return reader.finish_request(policy, ends);
  }
  HeadCheck as_response(const Pairs& fields, bool ends = false, Method method = Method::get) {
    reader.begin_response(response, {});
    for (const auto& [name, value] : fields) reader.add(name, value);
    return reader.finish_response(method, ends);
  }
};

std::string said(const HeadCheck& check) {
  if (check.is_ok()) return "ok";
  return std::string(check.malformed ? "malformed" : "refused") + " " + std::string(describe(check.failure).token);
}

Pairs without(const std::string& name) {
  Pairs fields = test::get();
  std::erase_if(fields, [&](const auto& field) { return field.first == name; });
  return fields;
}

Pairs with(const std::string& name, const std::string& value) {
  Pairs fields = test::get();
  for (auto& field : fields) {
    if (field.first == name) field.second = value;
  }
  return fields;
}

}  // namespace

TEST_CASE("h2: request heads that are accepted, refused, or malformed", "[h2]") {
  struct Row {
    const char* sentence;
    Pairs fields;
    const char* result;
  };
  const Row rows[] = {
      {"a plain GET", test::get(), "ok"},
      {"8.2.1: upper case in a name", test::get() + Pairs{{"X-a", "1"}}, "malformed bad_header"},
      {"8.2.1: a blank in a name", test::get() + Pairs{{"x a", "1"}}, "malformed bad_header"},
      {"8.2.1: a colon in a name", test::get() + Pairs{{"x:a", "1"}}, "malformed bad_header"},
      {"8.2.1: an empty name", test::get() + Pairs{{"", "1"}}, "malformed bad_header"},
      {"8.2.1: a byte from 0x80 on in a name", test::get() + Pairs{{"x\xc3\xa9", "1"}}, "malformed bad_header"},
      {"8.2.1: LF in a value", test::get() + Pairs{{"x", "a\nb: c"}}, "malformed bad_header"},
      {"8.2.1: CR in a value", test::get() + Pairs{{"x", "a\rb"}}, "malformed bad_header"},
      {"8.2.1: NUL in a value", test::get() + Pairs{{"x", std::string("a\0b", 3)}}, "malformed bad_header"},
      {"8.2.1: a blank before a value", test::get() + Pairs{{"x", " a"}}, "malformed bad_header"},
      {"8.2.1: a tab behind a value", test::get() + Pairs{{"x", "a\t"}}, "malformed bad_header"},
      {"8.2.1: bytes from 0x80 on in a value", test::get() + Pairs{{"x", "\xc3\xa9"}}, "ok"},
      {"8.2.2: connection", test::get() + Pairs{{"connection", "close"}}, "malformed bad_header"},
      {"8.2.2: keep-alive", test::get() + Pairs{{"keep-alive", "5"}}, "malformed bad_header"},
      {"8.2.2: proxy-connection", test::get() + Pairs{{"proxy-connection", "close"}}, "malformed bad_header"},
      {"8.2.2: transfer-encoding", test::get() + Pairs{{"transfer-encoding", "chunked"}}, "malformed bad_header"},
      {"8.2.2: upgrade", test::get() + Pairs{{"upgrade", "h2c"}}, "malformed bad_header"},
      {"8.2.2: te: trailers", test::get() + Pairs{{"te", "trailers"}}, "ok"},
      {"8.2.2: te: gzip", test::get() + Pairs{{"te", "gzip"}}, "malformed bad_header"},
      {"8.3: an unknown pseudo-header", test::get() + Pairs{{":extra", "1"}}, "malformed bad_header"},
      {"8.3: a pseudo-header of responses", test::get() + Pairs{{":status", "200"}}, "malformed bad_header"},
      {"8.3: a pseudo-header behind a field", without(":path") + Pairs{{"x", "1"}, {":path", "/"}},
       "malformed bad_header"},
      {"8.3: :path twice", test::get() + Pairs{{":path", "/b"}}, "malformed bad_header"},
      {"8.3.1: no :method", without(":method"), "malformed bad_request_line"},
      {"8.3.1: no :scheme", without(":scheme"), "malformed bad_request_line"},
      {"8.3.1: no :path", without(":path"), "malformed bad_request_line"},
      {"8.3.1: an empty :path", with(":path", ""), "malformed bad_target"},
      {"8.3.1: a :method that is no token", with(":method", "GE T"), "malformed bad_request_line"},
      {"8.3.1: a :path without a slash", with(":path", "a"), "refused bad_target"},
      {"8.3.1: a URL as :path", with(":path", "http://a/"), "refused bad_target"},
      {"8.3.1: * for GET", with(":path", "*"), "refused bad_target"},
      {"8.3.1: a blank in :path", with(":path", "/a b HTTP/1.1"), "refused bad_target"},
      {"8.3.1: a fragment in :path", with(":path", "/a#b"), "refused bad_target"},
      {"8.3.1: another :scheme", with(":scheme", "ftp"), "refused bad_target"},
      {"8.3.1: user information in :authority", with(":authority", "u@example.com"), "refused bad_host"},
      {"8.3.1: an empty :authority", with(":authority", ""), "refused bad_host"},
      {"8.3.1: no :authority and no host", without(":authority"), "refused bad_host"},
      {"8.3.1: host in place of :authority", without(":authority") + Pairs{{"host", "a"}}, "ok"},
      {"8.3.1: host like :authority", test::get() + Pairs{{"host", "example.com"}}, "ok"},
      {"8.3.1: host unlike :authority", test::get() + Pairs{{"host", "other.com"}}, "malformed bad_host"},
      {"8.3.1: host twice", test::get() + Pairs{{"host", "example.com"}, {"host", "example.com"}},
       "malformed bad_host"},
      {"8.5: CONNECT", {{":method", "CONNECT"}, {":authority", "a:443"}}, "refused connect_refused"},
      {"8.5: CONNECT with a path", with(":method", "CONNECT"), "malformed bad_request_line"},
      {"8.5: CONNECT without :authority", {{":method", "CONNECT"}}, "malformed bad_request_line"},
      {"RFC 8441 is not offered",
       {{":method", "CONNECT"}, {":protocol", "websocket"}, {":scheme", "https"}, {":path", "/"}, {":authority", "a"}},
       "malformed bad_header"},
      {"content-length twice", test::get() + Pairs{{"content-length", "0"}, {"content-length", "0"}},
       "malformed bad_framing"},
      {"content-length that is no number", test::get() + Pairs{{"content-length", "+1"}}, "malformed bad_framing"},
      {"a name that imitates a guarded one", test::get() + Pairs{{"x_forwarded_for", "1"}}, "refused bad_header"},
      {"an ambiguous path", with(":path", "/a/../b"), "refused bad_target"},
      {"an encoded slash", with(":path", "/a%2fb"), "refused bad_target"},
  };
  for (const Row& row : rows) {
    INFO(row.sentence);
    Read read;
    CHECK(said(read.as_request(row.fields)) == row.result);
  }
}

TEST_CASE("h2: a request head gives what an HTTP/1 head would give", "[h2]") {
  Read read;
  const Pairs fields =
      test::post() +
      Pairs{{"x-a", "1"}, {"cookie", "a=1"}, {"cookie", "b=2"}, {"content-length", "5"}, {"expect", "100-continue"}};
  REQUIRE(read.as_request(fields, false).is_ok());
  const RequestHead& head = read.request;
  CHECK(head.method == Method::post);
  CHECK(head.version == Version::http2);
  CHECK(head.target == "/");
  CHECK(head.scheme == "https");
  CHECK(head.authority == "example.com");
  CHECK(head.framing == Framing::length);
  CHECK(head.content_length == 5);
  CHECK(head.expects_continue);
  CHECK(head.headers.get("cookie") == "a=1; b=2");  // RFC 9113 section 8.2.3
  CHECK(head.headers.count(FieldId::cookie) == 1);
}

TEST_CASE("h2: the end of content is known, announced, or unknown", "[h2]") {
  Read none, length, unknown;
  REQUIRE(none.as_request(test::get(), true).is_ok());
  CHECK(none.request.framing == Framing::none);
  REQUIRE(length.as_request(test::post() + Pairs{{"content-length", "0"}}, false).is_ok());
  CHECK(length.request.framing == Framing::length);
  REQUIRE(unknown.as_request(test::post(), false).is_ok());
  CHECK(unknown.request.framing == Framing::chunked);
}

TEST_CASE("h2: path policies hold as in HTTP/1", "[h2]") {
  Read decoded, kept;
  REQUIRE(decoded.as_request(with(":path", "/a/%2e%2e/b?c=%2f"), true, http::PathPolicy::decode).is_ok());
  CHECK(decoded.request.target == "/b?c=%2f");
  REQUIRE(kept.as_request(with(":path", "/a/%2e%2e/b"), true, http::PathPolicy::keep).is_ok());
  CHECK(kept.request.target == "/a/%2e%2e/b");
}

TEST_CASE("h2: heads over the limits are refused with their own status and not stored", "[h2]") {
  const HeadLimits limits{.max_head = 1000, .max_fields = 3, .max_target = 100};
  Read large, many, target;
  CHECK(said(large.as_request(test::get() + Pairs{{"x", std::string(2000, 'x')}}, true, http::PathPolicy::reject,
                              limits)) == "refused head_too_large");
  CHECK(large.request.headers.empty());
  CHECK(said(many.as_request(test::get() + Pairs{{"a", "1"}, {"b", "1"}, {"c", "1"}, {"d", "1"}}, true,
                             http::PathPolicy::reject, limits)) == "refused too_many_fields");
  CHECK(said(target.as_request(with(":path", "/" + std::string(100, 'x')), true, http::PathPolicy::reject, limits)) ==
        "refused target_too_long");
}

TEST_CASE("h2: response heads", "[h2]") {
  struct Row {
    const char* sentence;
    Pairs fields;
    bool ends;
    Method method;
    const char* result;
    Framing framing;
  };
  const char* const bad = "malformed upstream_bad_response";
  const Row rows[] = {
      {"content of unknown length", {{":status", "200"}}, false, Method::get, "ok", Framing::chunked},
      {"content of known length",
       {{":status", "200"}, {"content-length", "3"}},
       false,
       Method::get,
       "ok",
       Framing::length},
      {"no content", {{":status", "200"}}, true, Method::get, "ok", Framing::none},
      {"the answer to HEAD", {{":status", "200"}, {"content-length", "3"}}, true, Method::head, "ok", Framing::none},
      {"304 with a length", {{":status", "304"}, {"content-length", "3"}}, true, Method::get, "ok", Framing::none},
      {"an interim response", {{":status", "103"}}, false, Method::get, "ok", Framing::none},
      {"8.1: an interim response that ends the stream", {{":status", "103"}}, true, Method::get, bad, {}},
      {"8.3.2: no :status", {{"a", "b"}}, true, Method::get, bad, {}},
      {"8.3.2: a :status that is no number", {{":status", "2xx"}}, true, Method::get, bad, {}},
      {"8.3.2: a :status of two digits", {{":status", "99"}}, true, Method::get, bad, {}},
      {"8.3: a pseudo-header of requests", {{":status", "200"}, {":path", "/"}}, true, Method::get, bad, {}},
      {"8.6: 101", {{":status", "101"}}, false, Method::get, bad, {}},
      {"8.2.2: connection", {{":status", "200"}, {"connection", "close"}}, true, Method::get, bad, {}},
      {"8.2.1: upper case", {{":status", "200"}, {"Server", "x"}}, true, Method::get, bad, {}},
      {"8.1.1: a length and no content", {{":status", "200"}, {"content-length", "3"}}, true, Method::get, bad, {}},
  };
  for (const Row& row : rows) {
    INFO(row.sentence);
    Read read;
    const HeadCheck check = read.as_response(row.fields, row.ends, row.method);
    CHECK(said(check) == row.result);
    if (check.is_ok()) CHECK(read.response.framing == row.framing);
  }
}

TEST_CASE("h2: trailers keep what may stand there", "[h2]") {
  Read read;
  Headers trailers(read.arena);
  read.reader.begin_trailers(trailers, {});
  for (const char* name : {"grpc-status", "content-length", "host", "x-sum"}) read.reader.add(name, "0");
  CHECK(read.reader.finish_trailers(true).is_ok());
  CHECK(trailers.size() == 2);
  CHECK(trailers.get("grpc-status") == "0");
  read.reader.begin_trailers(trailers, {});
  read.reader.add(":path", "/");
  CHECK(said(read.reader.finish_trailers(true)) == "malformed bad_header");
}

TEST_CASE("h2: fields with underscores in their names are dropped unless they are kept", "[h2]") {
  for (const bool keeps : {false, true}) {
    HeadLimits limits;
    limits.keeps_underscores = keeps;
    Read read;
    CHECK(said(read.as_request(test::get() + Pairs{{"x_user", "root"}, {"x-b", "c"}}, true, http::PathPolicy::reject,
                               limits)) == "ok");
    CHECK(read.request.headers.get("x_user").has_value() == keeps);
    CHECK(read.request.headers.get("x-b") == "c");
  }
}
