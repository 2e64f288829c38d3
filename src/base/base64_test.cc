#include "base/base64.h"

#include <catch2/catch.hpp>

using namespace outrigger::base;

// RFC 4648 section 10.
TEST_CASE("base64: the vectors of the RFC", "[base]") {
  const std::pair<const char*, const char*> rows[] = {{"", ""},
                                                      {"f", "Zg=="},
                                                      {"fo", "Zm8="},
                                                      {"foo", "Zm9v"},
                                                      {"foob", "Zm9vYg=="},
                                                      {"fooba", "Zm9vYmE="},
                                                      {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : rows) {
    CHECK(encode_base64(plain) == text);
    CHECK(decode_base64(text) == plain);
    std::string bare = text;
    while (bare.ends_with('=')) bare.pop_back();
    CHECK(encode_base64url(plain) == bare);
    CHECK(decode_base64url(bare) == plain);
  }
  CHECK(encode_base64("\xfb\xff") == "+/8=");
  CHECK(encode_base64url("\xfb\xff") == "-_8");
}

TEST_CASE("base64: each value has one text", "[base][security]") {
  for (const char* bad :
       {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9v=", "Z===", "====", "Zg==Zg==", "Zm 9v", "Zm9v\n", "Zm-_"}) {
    CAPTURE(bad);
    CHECK_FALSE(decode_base64(bad));
  }
  for (const char* bad : {"Zg==", "Zh", "Z", "Zm9v=", "Zm+/", "Zm9 ", "Zm8x1"}) {
    CAPTURE(bad);
    CHECK_FALSE(decode_base64url(bad));
  }
}
