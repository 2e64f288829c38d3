#include "net/proxy_header.h"

#include <catch2/catch.hpp>

namespace outrigger::net {

namespace {

using Status = ProxyHeader::Status;
using namespace std::string_literals;

const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;

Ends ends(const char* source, const char* destination) {
  return {Address::parse(source).value(), Address::parse(destination).value()};
}

}  // namespace

TEST_CASE("PROXY protocol: a header says where the connection comes from", "[net]") {
  struct Case {
    const char* name;
    std::string bytes;
    const char* source;  // null: the connection's own
  };
  const std::string v4 = "\x01\x02\x03\x04\x05\x06\x07\x08\x00\x50\x01\xbb"s;
  const std::string v6 = std::string(15, '\0') + "\x01" + std::string(15, '\0') + "\x02" + "\x00\x50\x01\xbb"s;
  const Case cases[] = {
      {"a line", "PROXY TCP4 1.2.3.4 5.6.7.8 80 443\r\n", "1.2.3.4:80"},
      {"a line of IPv6", "PROXY TCP6 2001:db8::1 ::1 65535 1\r\n", "[2001:db8::1]:65535"},
      {"nobody knows", "PROXY UNKNOWN\r\n", nullptr},
      {"nobody knows, and says it at length", "PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", nullptr},
      {"binary", kSignature + "\x21\x11\x00\x0c"s + v4, "1.2.3.4:80"},
      {"binary of a datagram", kSignature + "\x21\x12\x00\x0c"s + v4, "1.2.3.4:80"},
      {"binary of IPv6", kSignature + "\x21\x21\x00\x24"s + v6, "[::1]:80"},
      {"additions are skipped", kSignature + "\x21\x11\x00\x13"s + v4 + "\x03\x00\x04zzzz"s, "1.2.3.4:80"},
      {"additions that are garbage", kSignature + "\x21\x11\x00\x0e"s + v4 + "\xff\xff"s, "1.2.3.4:80"},
      {"made by the balancer itself", kSignature + "\x20\x11\x00\x0c"s + v4, nullptr},
      {"of no family", kSignature + "\x21\x00\x00\x00"s, nullptr},
      {"of a Unix socket", kSignature + "\x21\x31\x00\xd8"s + std::string(216, 'u'), nullptr},
  };
  for (const Case& each : cases) {
    INFO(each.name);
    const ProxyHeader header = parse_proxy_header(each.bytes + "GET /");
    REQUIRE(header.status == Status::complete);
    REQUIRE(header.size == each.bytes.size());
    REQUIRE((header.ends ? header.ends->source.text() : "") == (each.source == nullptr ? "" : each.source));
    for (std::size_t i = 0; i < each.bytes.size(); ++i) {
      REQUIRE(parse_proxy_header(each.bytes.substr(0, i)).status == Status::need_more);
    }
  }
}

TEST_CASE("PROXY protocol: what is no header is refused as soon as it shows", "[net]") {
  struct Case {
    std::string bytes;
    const char* reason;
  };
  const Case cases[] = {
      {"GET / HTTP/1.1\r\n", "there is none"},
      {"PROXYTCP4", "there is none"},
      {"\r\n\r\nX", "there is none"},
      {"PROXY TCP4 1.2.3.4 5.6.7.8 80 443\n", "its line does not end with CRLF"},
      {"PROXY \n", "its line does not end with CRLF"},
      {"PROXY " + std::string(101, 'x'), "its line is too long"},
      {"PROXY TCP5 1.2.3.4 5.6.7.8 80 443\r\n", "its family is not TCP4, TCP6 or UNKNOWN"},
      {"PROXY \r\n", "its family is not TCP4, TCP6 or UNKNOWN"},
      {"PROXY TCP4 1.2.3.4 5.6.7.8 80\r\n", "its addresses are malformed"},
      {"PROXY TCP4 1.2.3.4 5.6.7.8 80 443 \r\n", "its addresses are malformed"},
      {"PROXY TCP4  1.2.3.4 5.6.7.8 80 443\r\n", "its addresses are malformed"},
      {"PROXY TCP4 1.2.3.4 5.6.7.8 080 443\r\n", "its addresses are malformed"},
      {"PROXY TCP4 1.2.3.4 5.6.7.8 65536 443\r\n", "its addresses are malformed"},
      {"PROXY TCP4 1.2.3.400 5.6.7.8 80 443\r\n", "its addresses are malformed"},
      {"PROXY TCP4 ::1 ::1 80 443\r\n", "its addresses are malformed"},
      {"PROXY TCP6 ::1\r\n", "its addresses are malformed"},
      {"PROXY TCP6 1.2.3.4 5.6.7.8 80 443\r\n", "its addresses are malformed"},
      {kSignature + "\x11\x11\x00\x0c"s, "its version is not 2"},
      {kSignature + "\x22\x11\x00\x0c"s, "its command is not LOCAL or PROXY"},
      {kSignature + "\x21\x41\x00\x0c"s, "its address family is unknown"},
      {kSignature + "\x21\x13\x00\x0c"s, "its address family is unknown"},
      {kSignature + "\x21\x11\x0f\xf1"s, "it is too long"},
      {kSignature + "\x21\x11\x00\x0b"s + std::string(11, 'x'), "it is too short for its addresses"},
      {kSignature + "\x21\x31\x00\xd7"s + std::string(215, 'x'), "it is too short for its addresses"},
  };
  for (const Case& each : cases) {
    INFO(each.bytes);
    const ProxyHeader header = parse_proxy_header(each.bytes);
    REQUIRE(header.status == Status::failed);
    REQUIRE(header.reason == each.reason);
  }
}

TEST_CASE("PROXY protocol: what is written reads as what was meant", "[net]") {
  const Ends v4 = ends("1.2.3.4:80", "5.6.7.8:443");
  const Ends v6 = ends("[2001:db8::1]:80", "[::1]:443");
  const Ends mapped = ends("[::ffff:1.2.3.4]:80", "5.6.7.8:443");
  const Ends mixed = ends("1.2.3.4:80", "[::1]:443");
  const Ends socket = ends("unix:/a", "1.2.3.4:80");
  REQUIRE(proxy_header_v1(&v4) == "PROXY TCP4 1.2.3.4 5.6.7.8 80 443\r\n");
  REQUIRE(proxy_header_v1(&v6) == "PROXY TCP6 2001:db8::1 ::1 80 443\r\n");
  REQUIRE(proxy_header_v1(&mapped) == "PROXY TCP4 1.2.3.4 5.6.7.8 80 443\r\n");
  REQUIRE(proxy_header_v1(&mixed) == "PROXY TCP6 ::ffff:1.2.3.4 ::1 80 443\r\n");
  REQUIRE(proxy_header_v1(&socket) == "PROXY UNKNOWN\r\n");
  REQUIRE(proxy_header_v1(nullptr) == "PROXY UNKNOWN\r\n");
  REQUIRE(proxy_header_v2(nullptr) == kSignature + "\x20\x00\x00\x00"s);
  REQUIRE(proxy_header_v2(&socket) == kSignature + "\x21\x00\x00\x00"s);
  for (const Ends* each : {&v4, &v6, &mapped, &mixed}) {
    const ProxyHeader one = parse_proxy_header(proxy_header_v1(each));
    const ProxyHeader two = parse_proxy_header(proxy_header_v2(each));
    REQUIRE(one.status == Status::complete);
    REQUIRE(two.status == Status::complete);
    REQUIRE(one.ends->source == two.ends->source);
    REQUIRE(one.ends->destination == two.ends->destination);
    REQUIRE(one.ends->source.ip() == each->source.ip());
    REQUIRE(one.ends->destination.port() == 443);
  }
}

}  // namespace outrigger::net
