#include "filters/recent.h"

#include <catch2/catch.hpp>

namespace outrigger::filters {

TEST_CASE("recent: what is known ends with its time, and beyond the most the least recently used goes", "[filter]") {
  using namespace std::chrono_literals;
  const auto digest = [](const char* text) { return base::crypto::hmac_sha256("key", text); };
  const Instant start{1s};
  Recent<int> recent(2);
  recent.put(digest("a"), 1, start + 10s);
  recent.put(digest("b"), 2, start + 20s);
  recent.put(digest("a"), 3, start + 30s);  // known already
  CHECK(recent.find(digest("a"), start) == 1);
  CHECK(recent.find(digest("c"), start) == std::nullopt);
  recent.put(digest("c"), 4, start + 20s);
  CHECK(recent.size() == 2);
  CHECK(recent.find(digest("b"), start) == std::nullopt);  // "a" was used later
  CHECK(recent.find(digest("a"), start + 10s) == std::nullopt);
  CHECK(recent.find(digest("c"), start + 10s) == 4);
  CHECK(recent.size() == 1);
}

}  // namespace outrigger::filters
