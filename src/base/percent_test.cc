#include "base/percent.h"

#include <catch2/catch.hpp>

namespace outrigger::base {

TEST_CASE("percent: what has a meaning of its own in a path or query is encoded", "[base]") {
  CHECK(percent_encoded("Az09-._~") == "Az09-._~");
  CHECK(percent_encoded("a/b ?%\xc3\xa4") == "a%2Fb%20%3F%25%C3%A4");
}

}  // namespace outrigger::base
