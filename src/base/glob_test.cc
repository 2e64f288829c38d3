#include "base/glob.h"

#include <catch2/catch.hpp>

namespace outrigger::base {

TEST_CASE("glob: a star stands for any characters", "[filter]") {
  struct Row {
    const char* pattern;
    const char* text;
    bool fits;
  };
  for (const Row& row : {Row{"a", "a", true}, Row{"a", "A", false}, Row{"", "", true}, Row{"*", "", true},
                         Row{"*", "x", true}, Row{"a*c", "abbc", true}, Row{"a*c", "abbd", false},
                         Row{"a*b*c", "a-b-b-c", true}, Row{"*.example.com", "a.example.com", true},
                         Row{"*.example.com", "example.com", false}, Row{"a*", "b", false}, Row{"a**", "ab", true}}) {
    CAPTURE(row.pattern, row.text);
    CHECK(matches_glob(row.pattern, row.text) == row.fits);
  }
}

}  // namespace outrigger::base
