#include "net/tls/client_hello.h"

#include <catch2/catch.hpp>

namespace outrigger::net::tls {

namespace {

using Status = ClientHello::Status;

std::string number(std::size_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i));
  return text;
}
std::string vector(const std::string& content, int bytes) { return number(content.size(), bytes) + content; }
std::string extension(std::size_t type, const std::string& content) { return number(type, 2) + vector(content, 2); }
std::string server_name(const std::string& name, int type = 0) {
  return extension(0, vector(number(static_cast<std::size_t>(type), 1) + vector(name, 2), 2));
}
std::string message(const std::string& extensions) {
  const std::string fixed = "\x03\x03" + std::string(32, 'r') + vector(std::string(32, 's'), 1) + vector("\x13\x01", 2);
  return "\x01" + vector(fixed + vector(std::string(1, '\0'), 1) + extensions, 3);
}
std::string record(const std::string& content) { return "\x16\x03\x01" + vector(content, 2); }
std::string hello(const std::string& extensions) { return record(message(vector(extensions, 2))); }

const std::string kOther = extension(43, "\x02\x03\x04");

}  // namespace

TEST_CASE("client hello: the server name is read as it comes", "[net][tls]") {
  struct Case {
    const char* what;
    std::string bytes;
    const char* name;
  };
  const std::string whole = message(vector(server_name("a.example") + kOther, 2));
  const Case cases[] = {
      {"a name", hello(kOther + server_name("a.example") + kOther), "a.example"},
      {"letters' case and a last dot say nothing", hello(server_name("A.Example.")), "a.example"},
      {"no name", hello(kOther), ""},
      {"no extension", hello(""), ""},
      {"no extensions at all", record(message("")), ""},
      {"in two records", record(whole.substr(0, 20)) + record(whole.substr(20)), "a.example"},
      {"its head in two records", record(whole.substr(0, 2)) + record(whole.substr(2)), "a.example"},
      {"something follows in its record", record(whole + "more"), "a.example"},
  };
  for (const Case& each : cases) {
    INFO(each.what);
    const ClientHello found = parse_client_hello(each.bytes + "rest");
    REQUIRE(found.status == Status::complete);
    REQUIRE(found.server_name == each.name);
    for (std::size_t i = 0; i + 4 < each.bytes.size(); ++i) {
      REQUIRE(parse_client_hello(each.bytes.substr(0, i)).status == Status::need_more);
    }
  }
}

TEST_CASE("client hello: what is none is refused as soon as it shows", "[net][tls]") {
  struct Case {
    std::string bytes;
    const char* reason;
  };
  const Case cases[] = {
      {"GET / HTTP/1.1\r\n", "its first bytes are not TLS"},
      {"\x16\x02", "its first bytes are not TLS"},
      {"\x16\x03\x01" + number(0, 2), "its TLS record has no good length"},
      {"\x16\x03\x01" + number(16385, 2), "its TLS record has no good length"},
      {record("\x02"), "its first message is no ClientHello"},
      {record("\x01" + number(16381, 3)), "its ClientHello is too long"},
      {record("\x01" + number(10, 3) + std::string(10, 'x')), "its ClientHello is malformed"},
      {record(message("x")), "its ClientHello is malformed"},
      {record(message(vector(kOther, 2) + "x")), "its ClientHello is malformed"},
      {hello(kOther.substr(0, 5)), "its ClientHello is malformed"},
      {hello(server_name("")), "the server name in its ClientHello is malformed"},
      {hello(server_name("a b")), "the server name in its ClientHello is malformed"},
      {hello(server_name(std::string("a\0b", 3))), "the server name in its ClientHello is malformed"},
      {hello(server_name(std::string(256, 'a'))), "the server name in its ClientHello is malformed"},
      {hello(server_name("a", 1)), "the server name in its ClientHello is malformed"},
      {hello(server_name("a") + server_name("b")), "the server name in its ClientHello is malformed"},
      {hello(extension(0, "")), "the server name in its ClientHello is malformed"},
  };
  for (const Case& each : cases) {
    INFO(each.reason << ": " << each.bytes);
    const ClientHello found = parse_client_hello(each.bytes);
    REQUIRE(found.status == Status::failed);
    REQUIRE(found.reason == each.reason);
  }
}

TEST_CASE("client hello: it is not waited for without end", "[net][tls]") {
  std::string drip;
  while (drip.size() < kMostClientHello) drip += record(drip.empty() ? "\x01" + number(16000, 3) : "x");
  REQUIRE(parse_client_hello(drip).status == Status::failed);
}

}  // namespace outrigger::net::tls
