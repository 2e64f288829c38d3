#include "base/url.h"

#include <catch2/catch.hpp>

namespace outrigger::base {

TEST_CASE("url: scheme, host, port and target", "[base][url]") {
  struct Row {
    const char* text;
    bool is_https;
    const char* host;
    int port;
    const char* authority;
    const char* target;
  };
  const Row rows[] = {
      {"http://a.test", false, "a.test", 80, "a.test", "/"},
      {"https://a.test", true, "a.test", 443, "a.test", "/"},
      {"https://a.test:8443/keys?x=1", true, "a.test", 8443, "a.test:8443", "/keys?x=1"},
      {"http://127.0.0.1:8080?x", false, "127.0.0.1", 8080, "127.0.0.1:8080", "/?x"},
      {"http://[::1]:81/", false, "::1", 81, "[::1]:81", "/"},
      {"https://[2001:db8::1]/a@b", true, "2001:db8::1", 443, "[2001:db8::1]", "/a@b"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto url = parse_url(row.text);
    REQUIRE(url);
    CHECK(url->is_https == row.is_https);
    CHECK(url->host == row.host);
    CHECK(url->port == row.port);
    CHECK(url->authority == row.authority);
    CHECK(url->target == row.target);
  }
}

TEST_CASE("url: what no request can be made from is refused in a sentence", "[base][url]") {
  const std::pair<const char*, const char*> rows[] = {
      {"", "begins with http:// or https://"},
      {"ftp://a.test/", "begins with http:// or https://"},
      {"HTTP:/a.test", "begins with http:// or https://"},
      {"http:///x", "names no host"},
      {"http://user:secret@a.test/", "holds a user name or password"},
      {"http://a.test:0/", "no valid host and port"},
      {"http://a.test:65536/", "no valid host and port"},
      {"http://a test/", "no valid host and port"},
      {"http://::1/", "no valid host and port"},
      {"http://a.test/x y", "no valid path"},
      {"http://a.test/x\r\nHost: b", "no valid path"},
      {"http://a.test/#part", "no valid path"},
      {"http://a.test/%zz", "no valid path"},
  };
  for (const auto& [text, problem] : rows) {
    CAPTURE(text);
    const auto url = parse_url(text);
    REQUIRE_FALSE(url);
    CHECK_THAT(url.error(), Catch::Contains(problem));
    CHECK_THAT(url.error(), !Catch::Contains("secret"));
  }
}

}  // namespace outrigger::base
