#include "base/crypto/digest.h"

#include <catch2/catch.hpp>

using namespace outrigger::base::crypto;

// FIPS 180-4 examples; RFC 4231 section 4.3.
TEST_CASE("digest: published values", "[base][crypto]") {
  CHECK(to_hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(to_hex(sha1("abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("digest: equal compares whole texts", "[base][crypto]") {
  CHECK(equal("", ""));
  CHECK(equal("abc", "abc"));
  CHECK_FALSE(equal("abc", "abd"));
  CHECK_FALSE(equal("abc", "ab"));
  CHECK(equal(sha256("a"), sha256("a")));
  CHECK_FALSE(equal(sha256("a"), sha256("b")));
}

TEST_CASE("digest: random bytes differ, wiped text is gone", "[base][crypto]") {
  CHECK(random_bytes(32).size() == 32);
  CHECK(random_bytes(32) != random_bytes(32));
  std::string text = "secret";
  wipe(text);
  CHECK(text.empty());
}
