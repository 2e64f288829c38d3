#include "base/hex.h"

#include <catch2/catch.hpp>

namespace outrigger::base {

TEST_CASE("hex: text of the length that is asked for, in either case, is bytes", "[base]") {
  CHECK(from_hex("00fFA9", 3) == std::string("\0\xff\xa9", 3));
  CHECK(from_hex("", 0) == "");
  for (const char* text : {"00ff", "00ffa", "00ffa90", "00ffag", "0x00ff", "00ff-1", "00 fa9"}) {
    CAPTURE(text);
    CHECK_FALSE(from_hex(text, 3));
  }
}

}  // namespace outrigger::base
