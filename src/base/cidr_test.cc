#include "base/cidr.h"

#include <arpa/inet.h>

#include <catch2/catch.hpp>
#include <vector>

using outrigger::base::Cidr;

namespace {
std::vector<std::byte> bytes_of(const std::string& text) {
  const bool v6 = text.find(':') != std::string::npos;
  std::vector<std::byte> bytes(v6 ? 16 : 4);
  REQUIRE(inet_pton(v6 ? AF_INET6 : AF_INET, text.c_str(), bytes.data()) == 1);
  return bytes;
}
}  // namespace

TEST_CASE("cidr: which addresses are inside", "[base][cidr]") {
  struct Row {
    const char* block;
    const char* address;
    bool inside;
  };
  const Row rows[] = {{"10.0.0.0/8", "10.255.0.1", true},
                      {"10.0.0.0/8", "11.0.0.0", false},
                      {"0.0.0.0/0", "1.2.3.4", true},
                      {"0.0.0.0/0", "::1", false},
                      {"192.168.4.0/22", "192.168.7.255", true},
                      {"192.168.4.0/22", "192.168.8.0", false},
                      {"127.0.0.1", "127.0.0.1", true},
                      {"127.0.0.1", "127.0.0.2", false},
                      {"::1", "::1", true},
                      {"2001:db8::/32", "2001:db8:1::5", true},
                      {"2001:db8::/32", "2001:db9::", false},
                      {"10.0.0.0/8", "::ffff:10.1.2.3", true},
                      {"::/0", "2001::1", true}};
  for (const Row& row : rows) {
    INFO(row.block << " " << row.address);
    const auto cidr = Cidr::parse(row.block);
    REQUIRE(cidr);
    REQUIRE(cidr->contains(bytes_of(row.address)) == row.inside);
  }
}

TEST_CASE("cidr: what is no block is refused", "[base][cidr]") {
  for (const char* text :
       {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0/8", "::1/129", "a/8", "10.0.0.0/-1", "1.2.3.4/8x"}) {
    INFO(text);
    REQUIRE_FALSE(Cidr::parse(text));
  }
  REQUIRE(Cidr::parse("10.0.0.1/8").error() == "\"10.0.0.1/8\" has bits set behind its length: write 10.0.0.0/8");
}
