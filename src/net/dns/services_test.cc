#include "net/dns/services.h"

#include <catch2/catch.hpp>

namespace outrigger::net::dns {
namespace {

using namespace std::chrono_literals;

std::string number(std::uint32_t value, int bytes) {
  std::string text;
  while (bytes-- > 0) text += static_cast<char>(value >> (8 * bytes));
  return text;
}

std::string name(std::string_view text) {
  std::string wire;
  while (!text.empty()) {
    const std::string_view label = text.substr(0, text.find('.'));
    wire += static_cast<char>(label.size());
    wire += label;
    text.remove_prefix(std::min(text.size(), label.size() + 1));
  }
  return wire + '\0';
}

std::string record(std::string_view host, std::uint32_t port, std::uint32_t priority = 0, std::uint32_t ttl = 30) {
  const std::string data = number(priority, 2) + number(5, 2) + number(port, 2) + name(host);
  return "\xc0\x0c" + number(33, 2) + number(1, 2) + number(ttl, 4) +
         number(static_cast<std::uint32_t>(data.size()), 2) + data;
}

// RFC 1035 section 4.1: header, question, answers.
std::string message(const std::vector<std::string>& records) {
  std::string text = number(7, 2) + number(0x8180, 2) + number(1, 2) +
                     number(static_cast<std::uint32_t>(records.size()), 2) + number(0, 4) + name("_a._tcp.test") +
                     number(33, 2) + number(1, 2);
  for (const std::string& each : records) text += each;
  return text;
}

Services parse(const std::string& text) {
  return parse_services({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
}

}  // namespace

TEST_CASE("dns: SRV records come sorted by priority, with the shortest TTL", "[dns]") {
  const Services found = parse(message({record("b.test", 80, 20), record("a.test", 81, 10, 7)}));
  REQUIRE(found.error.empty());
  REQUIRE(found.ttl == 7s);
  REQUIRE(found.services.size() == 2);
  REQUIRE(found.services[0].host == "a.test");
  REQUIRE(found.services[0].port == 81);
  REQUIRE(found.services[0].weight == 5);
  REQUIRE(found.services[1].priority == 20);
}

TEST_CASE("dns: SRV records that lead nowhere are left out, and of very many the last", "[dns]") {
  const std::vector<std::string> useless = {record("", 80), record("a.test", 0), record("a/b.test", 80),
                                            record(std::string_view("a\0b", 3), 80)};
  REQUIRE(parse(message(useless)).error == "none of its services can be connected to");
  REQUIRE(parse(message({useless[0], record("a.test", 80), useless[1]})).services.size() == 1);
  std::vector<std::string> many;
  for (std::uint32_t i = 0; i < 300; ++i) many.push_back(record("a.test", 1000 + i, 300 - i));
  const Services found = parse(message(many));
  REQUIRE(found.services.size() == kMostServices);
  REQUIRE(found.services.front().priority == 1);
}

TEST_CASE("dns: a cut or altered SRV answer never does harm", "[dns]") {
  const std::string good = message({record("a.test", 80), record("b.test", 81)});
  for (std::size_t size = 0; size < good.size(); ++size) {
    const Services found = parse(good.substr(0, size));
    REQUIRE(found.services.empty());
    REQUIRE_FALSE(found.error.empty());
  }
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const int value : {0, 1, 0x3f, 0x80, 0xc0, 0xff}) {
      std::string altered = good;
      altered[at] = static_cast<char>(value);
      const Services found = parse(altered);
      REQUIRE(found.services.empty() != found.error.empty());
      REQUIRE(found.ttl >= 0s);
    }
  }
}

}  // namespace outrigger::net::dns
