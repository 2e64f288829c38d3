#include "base/siphash.h"

#include <catch2/catch.hpp>
#include <string>

using outrigger::base::SipHash;

// Appendix A of "SipHash: a fast short-input PRF": key 00..0f, message 00..0e.
TEST_CASE("siphash: gives the value of the paper", "[base]") {
  std::string message;
  for (char c = 0; c < 15; ++c) message += c;
  CHECK(SipHash(0x0706050403020100, 0x0f0e0d0c0b0a0908)(message) == 0xa129ca6149be45e5);
}

TEST_CASE("siphash: another key or length is another hash", "[base]") {
  const SipHash hash(1, 2);
  CHECK(hash("a") != SipHash(1, 3)("a"));
  CHECK(hash("") != hash(std::string_view("\0", 1)));
  CHECK(hash("12345678") != hash("123456789"));
}
