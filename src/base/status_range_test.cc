#include "base/status_range.h"

#include <catch2/catch.hpp>
#include <string>

namespace outrigger::base {

TEST_CASE("status range: a code, a range, a class", "[base]") {
  struct Row {
    std::string text;
    int first, last;
  };
  const Row row = GENERATE(values<Row>({{"204", 204, 204}, {"200-399", 200, 399}, {"5xx", 500, 599}}));
  const auto range = parse_status_range(row.text);
  REQUIRE(range.has_value());
  REQUIRE(range->first == row.first);
  REQUIRE(range->last == row.last);
}

TEST_CASE("status range: anything else is refused", "[base]") {
  const std::string text =
      GENERATE(values<std::string>({"", "20", "2000", "6xx", "xxx", "399-200", "200-", "-200", "2x0", "099"}));
  CAPTURE(text);
  REQUIRE_FALSE(parse_status_range(text).has_value());
}

}  // namespace outrigger::base
